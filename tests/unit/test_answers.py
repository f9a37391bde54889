"""The check that a build keeps the answers of the published one."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.answers import ACCEPT, check_answers, lost_answers


def mart(path: Path, statuses: dict[str, str], *, built_from: str = "live", basis: str = "published") -> Path:
    """A file with the tables that the check reads."""
    with duckdb.connect(path) as con:
        con.execute("create schema mart")
        con.execute("create table mart.build as select ? as built_from", [built_from])
        con.execute("create table mart.fct_observation as select ? as basis", [basis])
        con.execute("create table mart.mart_measure_coverage (measure_id varchar, status varchar, sort_order bigint)")
        rows = [(measure, status, at) for at, (measure, status) in enumerate(statuses.items())]
        con.executemany("insert into mart.mart_measure_coverage values (?, ?, ?)", rows)
    return path


@pytest.fixture(autouse=True)
def nothing_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ACCEPT, raising=False)


@pytest.mark.parametrize("answer", ["answered", "proxy", "weak_proxy"])
@pytest.mark.parametrize("waiting", ["awaiting_source", "awaiting_return"])
def test_an_answer_that_waits_again_is_lost(answer: str, waiting: str) -> None:
    assert lost_answers({"1a": answer}, {"1a": waiting}) == {"1a": f"{answer}, now {waiting}"}


@pytest.mark.parametrize(
    ("before", "now"),
    [("answered", "proxy"), ("weak_proxy", "answered"), ("awaiting_source", "awaiting_source"), ("proxy", "ended")],
)
def test_another_answer_is_not_a_loss(before: str, now: str) -> None:
    assert lost_answers({"1a": before}, {"1a": now}) == {}


def test_a_measure_that_is_gone_is_lost() -> None:
    assert lost_answers({"1a": "answered"}, {}) == {"1a": "answered, now not listed"}


def test_first_build_has_nothing_to_lose(tmp_path: Path) -> None:
    build = mart(tmp_path / "build.duckdb", {"1a": "awaiting_source"})
    check = check_answers(tmp_path / "outcomes.duckdb", build, "live")
    assert (check["passed"], check["found"]) == (True, "nothing was published before")


def test_loss_within_one_origin_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    published = mart(tmp_path / "outcomes.duckdb", {"1a": "answered", "2": "proxy"}, built_from="mirror:/a")
    build = mart(tmp_path / "build.duckdb", {"1a": "awaiting_source", "2": "proxy"})
    check = check_answers(published, build, "mirror:/b")
    assert (check["passed"], check["severity"]) == (False, "error")
    assert check["sample_failing"] == "1a: answered, now awaiting_source"
    assert "1a" in check["found"]
    assert ACCEPT in check["found"]


def test_loss_between_origins_is_a_warning(tmp_path: Path) -> None:
    published = mart(tmp_path / "outcomes.duckdb", {"1a": "answered"}, built_from="sample", basis="illustrative")
    build = mart(tmp_path / "build.duckdb", {"1a": "awaiting_source"})
    check = check_answers(published, build, "mirror:/a")
    assert (check["passed"], check["severity"]) == (False, "warn")


def test_landed_sample_is_still_a_sample(tmp_path: Path) -> None:
    published = mart(tmp_path / "outcomes.duckdb", {"1a": "answered"}, built_from="sample", basis="illustrative")
    build = mart(tmp_path / "build.duckdb", {"1a": "awaiting_source"}, basis="illustrative")
    assert check_answers(published, build, "landed")["severity"] == "error"


def test_loss_that_is_meant_is_accepted_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = mart(tmp_path / "outcomes.duckdb", {"1a": "answered", "2": "answered"})
    build = mart(tmp_path / "build.duckdb", {"1a": "awaiting_source", "2": "answered"})
    monkeypatch.setenv(ACCEPT, " 1a , 3b")
    check = check_answers(published, build, "live")
    assert (check["passed"], check["found"]) == (True, "accepted as lost: 1a")
    monkeypatch.setenv(ACCEPT, "2")
    assert not check_answers(published, build, "live")["passed"]
