"""Department for Culture, Media and Sport: its statistics are published on GOV.UK."""

from sources.publishers.govuk import discover, fetch

__all__ = ["discover", "fetch"]
