"""Department for Energy Security and Net Zero: its statistics are published on GOV.UK."""

from sources.publishers.govuk import discover, fetch

__all__ = ["discover", "fetch"]
