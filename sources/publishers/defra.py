"""Department for Environment, Food and Rural Affairs: its statistics are published on GOV.UK."""

from sources.publishers.govuk import discover, fetch

__all__ = ["discover", "fetch"]
