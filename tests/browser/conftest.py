"""Chromium on the scorecard of a sample build. Without Chromium these tests skip; in CI they fail.

Pictures of the page are left in `tests/browser/screenshots` (not in git).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from orchestration.home import Home
from tests.browser.screens import DESKTOP, Opener

ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SCREENSHOTS = Path(__file__).parent / "screenshots"


@pytest.fixture(scope="session")
def mart(sample_home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The mart that the page shows."""
    with duckdb.connect(sample_home.mart, read_only=True) as con:
        yield con


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        message = "Chromium is not here: apt-get install chromium, or name it in CHROMIUM"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser, sample_home: Home) -> Iterator[Opener]:
    """Opens the page; afterwards it must have asked for nothing and complained of nothing."""
    asked: list[str] = []
    complained: list[str] = []

    with ExitStack() as closing:

        def open_page(fragment: str = "", viewport: dict[str, int] | None = None, scheme: str = "light") -> Page:
            context = closing.enter_context(
                chromium.new_context(viewport=viewport or DESKTOP, color_scheme=scheme, reduced_motion="reduce")
            )
            page = context.new_page()
            page.on("request", lambda request: asked.append(request.url))
            page.on("console", lambda message: complained.append(message.text))
            page.on("pageerror", lambda error: complained.append(str(error)))
            page.goto(f"{sample_home.scorecard.as_uri()}{fragment}")
            return page

        yield open_page
    pages = {sample_home.scorecard.as_uri(), sample_home.scorecard.resolve().as_uri()}
    assert [url for url in asked if url.partition("#")[0] not in pages and not url.startswith("blob:")] == []
    assert complained == []


@pytest.fixture(scope="session")
def keep() -> Callable[[Page, str], None]:
    """Keeps a picture of what is to be seen."""
    SCREENSHOTS.mkdir(exist_ok=True)
    return lambda page, name: page.screenshot(path=SCREENSHOTS / f"{name}.png") and None
