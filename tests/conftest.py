"""Shared fixtures: where the real published files are, and what a skipped test means."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run, however slow the machine; nothing is remembered in a folder.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None, max_examples=100)
settings.load_profile("repeatable")

pytest_plugins = ["tests.faults.table", "tests.end_to_end.builds"]

PROJECT_ROOT = Path(__file__).resolve().parents[1]
PUBLISHED_DIR = Path(os.environ.get("OUTCOMES_PUBLISHED_DIR", PROJECT_ROOT.parent / "shared" / "published"))


@pytest.fixture(scope="session")
def published_dir() -> Path:
    """Folder of real published files; the test skips with a message where it is absent."""
    if not (PUBLISHED_DIR / "mirror.yml").is_file():
        pytest.skip(f"real published files are not here: {PUBLISHED_DIR} (set OUTCOMES_PUBLISHED_DIR)")
    return PUBLISHED_DIR


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = len(terminalreporter.stats.get("skipped", []))
    here = (PUBLISHED_DIR / "mirror.yml").is_file()
    terminalreporter.write_line(f"skipped: {skipped} (real published files {'are' if here else 'are not'} here)")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI a test that skips although the real files are there is a failure: nobody would notice."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CI") and skipped and exitstatus == 0 and (PUBLISHED_DIR / "mirror.yml").is_file():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
