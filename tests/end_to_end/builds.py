"""Whole runs are dear: one from the mirror, as one from the sample, serves all tests, which only read what it left."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.home import Home
from tests.end_to_end.runs import Finished, outcomes


@pytest.fixture(scope="session")
def mirror_run(tmp_path_factory: pytest.TempPathFactory, published_dir: Path) -> Finished:
    """`outcomes run --from mirror:DIR` on the real published files, in an empty home."""
    home = Home(tmp_path_factory.mktemp("mirror") / "home")
    return outcomes(home, "run", "--from", f"mirror:{published_dir}")


@pytest.fixture(scope="session")
def mirror_home(mirror_run: Finished) -> Home:
    """The home that the mirror run left. Read only."""
    assert mirror_run.code == 0, mirror_run.err
    return mirror_run.home
