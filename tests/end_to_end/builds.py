"""Whole runs are dear: one from the sample and one from the mirror serve all tests, which only read what they left."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.home import Home
from tests.end_to_end.runs import Finished, outcomes


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """`outcomes run --from sample` in an empty home."""
    return outcomes(Home(tmp_path_factory.mktemp("sample") / "home"), "run", "--from", "sample")


@pytest.fixture(scope="session")
def sample_home(sample_run: Finished) -> Home:
    """The home that the sample run left. Read only; whoever writes takes a copy (`copy_of`)."""
    assert sample_run.code == 0, sample_run.err
    return sample_run.home


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
