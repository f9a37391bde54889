"""The same releases again: nothing is read or stored anew, the mart says the same, and rollback goes one back."""

from __future__ import annotations

import dagster as dg
import duckdb
import pytest

from orchestration.home import PROJECT_ROOT, Home
from orchestration.publish import kept_builds
from sources.catalogue import load_catalogue
from tests.end_to_end.runs import Finished, assert_mart_is_whole, copy_of, outcomes

pytestmark = pytest.mark.end_to_end

# What is about the run, not about the data.
ABOUT_THE_RUN = {"build", "mart_quality", "mart_freshness"}


@pytest.fixture(scope="module")
def again(sample_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A second sample run, on a copy of the first one's home."""
    home = copy_of(sample_home, tmp_path_factory.mktemp("again") / "home")
    return outcomes(home, "run", "--from", "sample")


def test_every_dataset_is_unchanged(again: Finished) -> None:
    assert again.code == 0, again.err
    for dataset in load_catalogue():
        assert f"{dataset}: unchanged: " in again.err
    with duckdb.connect(again.home.mart, read_only=True) as con:
        assert con.execute("select distinct status from mart.mart_freshness").fetchall() == [("unchanged",)]


def test_nothing_is_landed_or_read_again(sample_home: Home, again: Finished) -> None:
    assert again.code == 0, again.err
    before = changed_at(sample_home)
    assert len(before) > 2 * len(load_catalogue())
    assert changed_at(again.home) == before


def test_mart_says_the_same(sample_home: Home, again: Finished) -> None:
    assert assert_mart_is_whole(again.home) != assert_mart_is_whole(sample_home)
    with duckdb.connect() as con:
        con.execute(f"attach '{sample_home.mart}' as earlier (read_only)")
        con.execute(f"attach '{again.home.mart}' as later (read_only)")
        tables = con.execute("select table_name from duckdb_tables() where database_name = 'later'").fetchall()
        same = {name for (name,) in tables} - ABOUT_THE_RUN
        assert len(same) >= 12
        for table in same:
            one, other = f'earlier.mart."{table}"', f'later.mart."{table}"'
            for difference in (f"from {one} except all from {other}", f"from {other} except all from {one}"):
                assert con.execute(difference).fetchall() == [], table


def test_same_content_is_the_same_data_version(again: Finished, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTCOMES_DAGSTER_STORAGE", str(again.home.dagster_storage))
    with dg.DagsterInstance.from_config(str(PROJECT_ROOT)) as instance:
        for dataset in load_catalogue():
            records = instance.fetch_materializations(dg.AssetKey(["landed", dataset]), limit=10).records
            versions = [
                record.asset_materialization.tags["dagster/data_version"]
                for record in records
                if record.asset_materialization is not None and record.asset_materialization.tags is not None
            ]
            assert len(versions) == 2, dataset
            assert len(set(versions)) == 1, dataset


def test_rollback_goes_one_back_and_forward_again(sample_home: Home, again: Finished) -> None:
    first, second = kept_builds(again.home)
    assert (first, second) == (assert_mart_is_whole(sample_home), assert_mart_is_whole(again.home))
    back = outcomes(again.home, "rollback")
    assert back.code == 0, back.err
    assert f"published again: {first}" in back.out
    assert assert_mart_is_whole(again.home) == again.home.current.resolve().name == first
    refused = outcomes(again.home, "rollback", "never-built")
    assert refused.code == 1
    assert f"expected one of the kept builds {first}, {second}, found 'never-built'" in refused.err
    assert outcomes(again.home, "rollback").code == 1  # there is nothing before the first
    assert assert_mart_is_whole(again.home) == first
    forward = outcomes(again.home, "rollback", second)
    assert forward.code == 0, forward.err
    assert assert_mart_is_whole(again.home) == again.home.current.resolve().name == second


def changed_at(home: Home) -> dict[str, int]:
    """Time of last change (ns) of landed bytes and raw Parquet, by path below the home."""
    files = [path for folder in (home.landing, home.raw) for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(home.root)): path.stat().st_mtime_ns for path in files if path.name != "ledger.jsonl"}
