"""How published figures are carried into small files of the publisher's own format, one module per publisher.

Figures are facts and are cited; files are never copied. Where no published figure of an area is at hand, a
module writes a file of its own with invented round figures, marked `illustrative`.
"""
