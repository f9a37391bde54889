"""What dbt is given of the published build, and what is told of a dbt test that failed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.dbt_checks import dbt_checks, failing_rows
from orchestration.home import Home
from orchestration.transform import (
    RawTable,
    build_code,
    prepare_build_database,
    raw_tables,
)
from sources.catalogue import load_catalogue
from sources.raw import RawStore
from sources.release import Release, StoredFile


def publish(home: Home, statuses: dict[str, str], *origins: str) -> None:
    """A published file with the tables that are read of it."""
    home.mart.parent.mkdir(parents=True)
    with duckdb.connect(home.mart) as con:
        con.execute("create schema mart")
        con.execute("create table mart.dim_release (origin varchar)")
        con.executemany("insert into mart.dim_release values (?)", [[origin] for origin in origins])
        con.execute("create table mart.mart_measure_coverage (measure_id varchar, status varchar)")
        con.executemany("insert into mart.mart_measure_coverage values (?, ?)", list(statuses.items()))


def published_answers(home: Home, *origins: str) -> list[tuple[Any, ...]]:
    """What a build of releases of these origins is held against."""
    dataset = load_catalogue()["ons_lad_cauth_lookup"]
    releases = [release(f"r{at}", origin) for at, origin in enumerate(origins)]
    tables = raw_tables(home, {dataset.dataset: dataset}, {dataset.dataset: releases}, RawStore(home.raw))
    prepare_build_database(home, tables)
    with duckdb.connect(home.build_db, read_only=True) as con:
        return con.execute("from raw.published_answer order by measure_id").fetchall()


def release(name: str, origin: str) -> Release:
    day = dt.date(2026, 1, 1)
    file = StoredFile(name="f.json", path="f.json", url="", sha256=name, bytes=1)
    return Release(
        release_id=name,
        dataset="ons_lad_cauth_lookup",
        part="",
        title="",
        url="",
        published_at=day,
        published_at_basis="publisher",
        revised_at=day,
        retrieved_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        sha256=name,
        origin=origin,
        basis="published",
        kind="whole",
        citation="",
        files=(file,),
    )


@pytest.fixture(autouse=True)
def nothing_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The releases here were never read."""
    monkeypatch.setattr(RawStore, "files", lambda *_: [])


def test_before_the_first_build_there_is_no_answer_to_lose(tmp_path: Path) -> None:
    assert published_answers(Home(tmp_path), "live") == []


@pytest.mark.parametrize(
    ("published", "now", "same"),
    [
        (["mirror"], ["mirror"], True),
        (["mirror"], ["live"], False),
        (["sample"], ["mirror"], False),
        (["sample"], ["sample"], True),
        (["live", "return"], ["live"], True),
        (["live", "mirror"], ["live"], True),  # some files were downloaded by hand
    ],
)
def test_answers_of_the_published_build_are_shown_with_their_origin(
    tmp_path: Path, published: list[str], now: list[str], same: bool
) -> None:
    home = Home(tmp_path)
    publish(home, {"1a": "answered", "3b": "awaiting_source"}, *published)
    assert published_answers(home, *now) == [("1a", "answered", same), ("3b", "awaiting_source", same)]


def test_failed_dbt_test_shows_its_first_rows(tmp_path: Path) -> None:
    build = tmp_path / "build.duckdb"
    with duckdb.connect(build) as con:
        con.execute("create table observation as select 'area' || n as ref_area, n as obs_value from range(9) as r(n)")
    asked = {"name": "between", "kwargs": {"model": "m", "column_name": "obs_value", "at_most": 1}}
    config = {"severity": "ERROR"}
    node = {"resource_type": "test", "name": "values_are_small", "config": config, "test_metadata": asked}
    result = {"unique_id": "test.values_are_small", "failures": 7, "message": "Got 7 results"}
    timing = [{"name": "execute", "completed_at": "2026-11-21T03:00:00Z"}]
    code = "select * from observation where obs_value > 1 order by obs_value"
    run_results = {
        "metadata": {"generated_at": "2026-11-22T03:00:00Z"},
        "results": [
            {**result, "status": "fail", "compiled_code": code, "timing": []},
            {**result, "status": "pass", "compiled_code": code, "timing": timing},
        ],
    }
    failed, passed = dbt_checks(run_results, {"nodes": {"test.values_are_small": node}, "unit_tests": {}}, build)
    assert (failed["passed"], failed["found"]) == (False, "Got 7 results")
    assert (failed["check_name"], failed["expected"]) == ("values_are_small", "between: at_most 1")
    assert failed["sample_failing"].startswith("ref_area=area2, obs_value=2; ref_area=area3, obs_value=3; ")
    assert failed["sample_failing"].count(";") == 4
    assert (passed["passed"], passed["sample_failing"]) == (True, "")
    assert [str(check["checked_at"])[:10] for check in (failed, passed)] == ["2026-11-22", "2026-11-21"]


def test_failed_dbt_test_whose_rows_cannot_be_shown_is_still_told(tmp_path: Path) -> None:
    build = tmp_path / "build.duckdb"
    duckdb.connect(build).close()
    shown = failing_rows(build, {"status": "fail", "compiled_code": "select * from gone"})
    assert shown.startswith("its rows cannot be shown: Catalog Error: Table with name gone does not exist")


def test_build_database_goes_on_only_under_the_code_that_made_it(tmp_path: Path) -> None:
    home = Home(tmp_path)

    def built(code: str, *, keep_tables: bool) -> bool:
        """Whether a table of the run before is there."""
        prepare_build_database(home, [RawTable("t", {"a": "varchar"})], code, keep_tables=keep_tables)
        with duckdb.connect(home.build_db) as con:
            found = con.execute("select * from duckdb_tables() where table_name = 'built'").fetchone() is not None
            con.execute("create table if not exists main.built as select 1 as one")
        return found

    assert not built("code", keep_tables=True)  # there was none
    assert built("code", keep_tables=True)
    assert not built("other code", keep_tables=True)
    assert not built("other code", keep_tables=False)


def test_code_of_a_build_is_that_of_its_engine_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUTCOMES_ENGINE", raising=False)
    code = build_code()
    assert build_code() == code
    monkeypatch.setenv("OUTCOMES_ENGINE", "spark")
    assert build_code() != code
