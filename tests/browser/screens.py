"""Sizes of screen the page is looked at on, and how a test opens it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 780}

Opener = Callable[..., Page]
