"""Intellectual Property Office: its statistics are published on GOV.UK."""

from sources.publishers.govuk import discover, fetch

__all__ = ["discover", "fetch"]
