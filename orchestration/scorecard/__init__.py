"""The scorecard page: one HTML file that says how the area is doing on every measure, from a finished mart file.

`read` asks the mart, `words` says figures as people write them, `model` puts them in the order of the page, `charts`
holds the Vega-Lite specifications and the JavaScript that draws them, `page` makes the file. Nothing is judged here:
what the mart does not say, the page does not say.
"""
