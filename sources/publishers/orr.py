"""Office of Rail and Road: files of its data portal, linked from the page of each statistic.

The folder of a file (`/media/1909/…`) changes when the file is replaced; the page does not say in a fixed place when.
"""

from sources.publishers.page_link import discover, fetch

__all__ = ["discover", "fetch"]
