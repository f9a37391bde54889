"""UK Research and Innovation: workbooks linked from the page of Innovate UK's funded projects, named by their day."""

from sources.publishers.page_link import discover, fetch

__all__ = ["discover", "fetch"]
