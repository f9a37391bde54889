"""A clock that was wrong one night, and a date that is to come: what is newest stays newest, and lands once."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from sources.landing import Landing
from sources.release import Release, in_order
from tests.faults.nights import Warehouse, told_of
from tests.faults.publishers import LocalStatistics, Site

Ended = Callable[[str], None]
AHEAD, BEHIND = "2199-01-01", "1970-01-02"
TODAY = dt.datetime.now(dt.UTC).date().isoformat()


@pytest.fixture
def warehouse(tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.setattr("orchestration.ingest.Ingest._check", lambda *_: {"rows": {}, "documents": []})
    return Warehouse(tmp_path, None, httpserver)


@pytest.fixture
def source(httpserver: HTTPServer) -> LocalStatistics:
    return LocalStatistics(Site(httpserver), etags=False)


def dated_by_a_clock(warehouse: Warehouse, day: str) -> None:
    """The last fetch becomes one of a night on which the clock of this machine showed that day.

    It has no other date: its publisher gave none.
    """
    ledger = warehouse.root / "landing" / "ledger.jsonl"
    *before, last = warehouse.ledger()
    last |= {"retrieved_at": f"{day}T03:00:00+00:00", "recorded_at": f"{day}T03:00:01+00:00"}
    last |= {"published_at": day, "revised_at": day, "published_at_basis": "retrieved"}
    ledger.write_text("".join(json.dumps(row) + "\n" for row in [*before, last]), encoding="utf-8")


def newest(warehouse: Warehouse) -> Release:
    return in_order(Landing(warehouse.root / "landing").releases(sample=False))[-1]


@pytest.mark.parametrize(
    "day",
    [
        pytest.param(AHEAD, marks=pytest.mark.fault("clock", "ahead on the night before")),
        pytest.param(BEHIND, marks=pytest.mark.fault("clock", "behind on the night before")),
    ],
)
def test_release_of_a_night_with_a_wrong_clock_is_followed_by_the_next(
    warehouse: Warehouse, source: LocalStatistics, day: str, ended: Ended
) -> None:
    source.json_at(source.metadata_path, {"lastUpdate": "2026-06-01"})
    warehouse.night(source)
    dated_by_a_clock(warehouse, day)
    source.publish_good()
    (changed,) = warehouse.night(source)
    dated_by_a_clock(warehouse, TODAY)
    (again,) = warehouse.night(source)
    (once_more,) = warehouse.night(source)
    assert (changed.status, again.status, once_more.status) == ("ok", "unchanged", "unchanged")
    assert newest(warehouse).release_id == changed.landed[0]
    assert len(warehouse.releases(source)) == 2
    ended(f"the new edition is the newest; the nights after: {told_of(again)}")


@pytest.mark.fault("clock", "behind tonight")
def test_release_of_a_night_whose_clock_is_behind_is_still_the_newest(
    warehouse: Warehouse, source: LocalStatistics, ended: Ended
) -> None:
    warehouse.night(source)
    dated_by_a_clock(warehouse, TODAY)
    source.publish_good()
    (changed,) = warehouse.night(source)
    dated_by_a_clock(warehouse, BEHIND)
    (again,) = warehouse.night(source)
    assert (changed.status, again.status) == ("ok", "unchanged")
    assert newest(warehouse).release_id == changed.landed[0]
    ended(f"the new edition is the newest; the night after: {told_of(again)}")


@pytest.mark.fault("clock", "a publisher's date is to come")
def test_release_that_is_dated_ahead_is_followed_by_the_next(
    warehouse: Warehouse, source: LocalStatistics, ended: Ended
) -> None:
    source.json_at(source.metadata_path, {"lastUpdate": AHEAD})
    warehouse.night(source)
    (ahead,) = warehouse.releases(source)
    assert (ahead.published_at, ahead.published_at_basis) == (ahead.retrieved_at.date(), "retrieved")
    source.publish_good()
    source.json_at(source.metadata_path, {"lastUpdate": f"{ahead.retrieved_at.date()}"})
    (changed,) = warehouse.night(source)
    assert newest(warehouse).release_id == changed.landed[0]
    assert newest(warehouse).published_at_basis == "publisher"
    ended("dated by its retrieval; the next edition follows it")
