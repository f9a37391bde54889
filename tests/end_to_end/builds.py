"""Whole runs are dear: one from the sample and one from the mirror serve all tests, which only read what they left.

OUTCOMES_SAMPLE_HOME names a new home in which today's `outcomes run --from sample` was the one run: it serves all
processes of a test run, but for the tests of that run itself.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from orchestration.home import Home
from tests.end_to_end.runs import Finished, outcomes


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """`outcomes run --from sample` in an empty home."""
    return outcomes(Home(tmp_path_factory.mktemp("sample") / "home"), "run", "--from", "sample")


@pytest.fixture(scope="session")
def sample_home(request: pytest.FixtureRequest) -> Home:
    """The home that a sample run left. Read only; whoever writes takes a copy (`copy_of`)."""
    given = given_sample_home()
    if given is not None:
        return given
    sample_run: Finished = request.getfixturevalue("sample_run")
    assert sample_run.code == 0, sample_run.err
    return sample_run.home


def given_sample_home() -> Home | None:
    """What OUTCOMES_SAMPLE_HOME names, if it was built today: on another day what is due and overdue is another."""
    given = os.environ.get("OUTCOMES_SAMPLE_HOME")
    home = Home(Path(given).resolve()) if given else None
    if home is None or not home.mart.is_file():
        return None
    with duckdb.connect(home.mart, read_only=True) as con:
        query = "select cast(finished_at as date) = cast(now() at time zone 'UTC' as date) from mart.build"
        (is_of_today,) = con.execute(query).fetchall()[0]
    return home if is_of_today else None


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
