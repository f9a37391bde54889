"""The mart as it was known on a day, and what a release changed: on dated releases that the publisher put out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import pytest

from expectations.runner import Runner
from orchestration.home import Home
from orchestration.ingest import Ingest
from sources.catalogue import load_catalogue
from sources.landing import Landing
from sources.origins import open_origin, parse
from sources.raw import RawStore
from tests.end_to_end.runs import outcomes

pytestmark = [pytest.mark.end_to_end, pytest.mark.published]

LCR = "E47000004"
DATASET = "ons_explore_local_statistics"
# What is about the run, not about what was known.
ABOUT_THE_RUN = {"build", "mart_quality", "mart_freshness"}

# The January file carried the values of July 2025 under a date in January 2025; it was corrected two days later.
BEFORE, AFTER = "2026-01-13", "2026-01-15"
FALSE_PERIOD, TRUE_PERIOD = "2025-01-15", "2025-07-01"

MIRROR = """
datasets:
  ons_explore_local_statistics:
    - {files: "*.csv", kind: whole, published: from_json_sourceDate, retrieved: 2026-06-26}
    - {files: earlier/gross-value-added.2026-05-29_*.csv, kind: whole, published: 2026-05-29}
    - {files: earlier/gigabit-capable-broadband.2026-01-12_*.csv, kind: whole, published: 2026-01-12}
    - {files: earlier/gigabit-capable-broadband.2026-01-14_*.csv, kind: whole, published: 2026-01-14}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, published_dir: Path) -> Home:
    """A warehouse in which a dataset has landed, two of its parts in several releases, and nothing is built."""
    mirror = tmp_path_factory.mktemp("vintages") / "mirror"
    (mirror / "earlier").mkdir(parents=True)
    for part in ("gigabit-capable-broadband", "gross-value-added", "employment-rate"):
        for path in (published_dir / "ons" / "explore_local_statistics").glob(f"{part}.*"):
            shutil.copy(path, mirror)
        for path in (published_dir / "ons" / "explore_local_statistics_earlier_releases").glob(f"{part}.*"):
            shutil.copy(path, mirror / "earlier")
    (mirror / "mirror.yml").write_text(MIRROR, encoding="utf-8")
    home = Home(mirror.parent / "home")
    landing = Landing(home.landing)
    origin = open_origin(parse(f"mirror:{mirror}"), landing, None)
    outcome = Ingest(landing, RawStore(home.raw), Runner).ingest(load_catalogue()[DATASET], origin)
    assert (outcome.status, len(outcome.landed)) == ("ok", 6), outcome.message
    return home


@pytest.fixture(scope="module")
def known_before(home: Home) -> Path:
    return known_on(home, BEFORE)


@pytest.fixture(scope="module")
def known_after(home: Home, known_before: Path) -> Path:
    """Made of the build of the day before: of that, only what the release between them changes is built again."""
    return known_on(home, AFTER, built=range(50, 250))


def known_on(home: Home, day: str, *options: str, built: range | None = None) -> Path:
    """The mart as of a day, built from what has landed; `built` holds how many of the nodes, if not all of them."""
    done = outcomes(home, "run", "--from", "landed", "--as-of", day, *options)
    assert done.code == 0, done.err
    nodes, of = map(int, re.findall(r"dbt build: (\d+) of (\d+)", done.err)[0])
    assert nodes in (built or range(of, of + 1)), done.err
    assert not home.published.exists()  # what is served is left alone
    mart = home.root / "as_of" / day / "outcomes.duckdb"
    assert str(mart) in done.out
    return mart


def rows(mart: Path, query: str, *values: object) -> list[tuple[object, ...]]:
    with duckdb.connect(mart, read_only=True) as con:
        return con.execute(query, list(values)).fetchall()


def gigabit(mart: Path) -> list[tuple[object, ...]]:
    """What serves of gigabit coverage of the city region."""
    query = """
        select time_period, obs_value, cast(realtime_start as varchar), is_latest or realtime_end is null
        from mart.fct_observation where indicator_id = 'premises_gigabit_all' and ref_area = ? order by all
    """
    return rows(mart, query, LCR)


def test_a_false_period_is_withdrawn_by_its_correction(known_before: Path, known_after: Path) -> None:
    assert gigabit(known_before) == [(FALSE_PERIOD, 90.7, "2026-01-12", True)]
    assert gigabit(known_after) == [
        (FALSE_PERIOD, 90.7, "2026-01-12", False),
        (TRUE_PERIOD, 90.7, "2026-01-14", True),
    ]
    assert rows(known_before, "select count(*) from mart.mart_revisions") == [(0,)]
    query = """
        select change, time_period, old_value, new_value, cast(changed_on as varchar),
            old_release_id like '%:2026-01-12:%' and new_release_id like '%:2026-01-14:%'
        from mart.mart_revisions where ref_area = ?
    """
    assert rows(known_after, query, LCR) == [("withdrawn", FALSE_PERIOD, 90.7, None, "2026-01-14", True)]


def test_before_and_after_a_release_differ_by_that_release(known_before: Path, known_after: Path) -> None:
    query = "select release_id from mart.dim_release"
    (gained,) = set(rows(known_after, query)) - set(rows(known_before, query))
    assert str(gained[0]).startswith(f"{DATASET}:gigabit-capable-broadband:2026-01-14:")
    others = "select * exclude (realtime_end, is_latest) from mart.fct_observation where release_id <> ?"
    assert sorted(map(str, rows(known_after, others, gained[0]))) == sorted(map(str, rows(known_before, others, "")))


def test_what_is_built_of_an_earlier_build_is_the_same_mart(home: Home, known_after: Path, tmp_path: Path) -> None:
    first = tmp_path / "first.duckdb"
    shutil.copy(known_after, first)
    again = known_on(home, AFTER, "--full-refresh")
    assert rows(first, "select build_id from mart.build") != rows(again, "select build_id from mart.build")
    assert contents(again) == contents(first)
    checks = "select check_id, passed, expected, found from mart.mart_quality order by all"
    assert rows(again, checks) == rows(first, checks)


def contents(mart: Path) -> dict[str, object]:
    """Hash of the sorted rows of every table that says what was known."""
    tables = {str(name) for (name,) in rows(mart, "select table_name from duckdb_tables()")} - ABOUT_THE_RUN
    query = "select md5(string_agg(line, '' order by line)) from (select cast(t as varchar) as line from mart.{} as t)"
    return {table: rows(mart, query.format(table)) for table in sorted(tables)}


def test_refused_files_leave_the_last_good_ones_serving(home: Home, published_dir: Path, tmp_path: Path) -> None:
    """A file without Greater Manchester, and a web page: the run is degraded, and whatever serves says so."""
    real = published_dir / "ons" / "explore_local_statistics" / "gigabit-capable-broadband.csv"
    lines = real.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if "E47000001" not in line]
    assert len(kept) < len(lines)
    (tmp_path / real.name).write_text("".join(kept), encoding="utf-8")
    (tmp_path / "employment-rate.csv").write_text("<!DOCTYPE html><html>Sorry</html>", encoding="utf-8")
    listed = 'datasets: {%s: [{files: "*.csv", kind: whole, published: 2026-11-01}]}'
    (tmp_path / "mirror.yml").write_text(listed % DATASET, encoding="utf-8")

    done = outcomes(home, "run", "--from", f"mirror:{tmp_path}")

    assert done.code == 3, done.err
    lost = "areas gone: expected 'E47000001'"
    for told in ("DEGRADED", lost, "an HTML page", f"sources/catalogue/ons/{DATASET}.yml:"):
        assert told in done.out
    ((status, message),) = rows(home.mart, "select status, message from mart.mart_freshness where dataset = ?", DATASET)
    assert (status, lost in str(message), "an HTML page" in str(message)) == ("stale", True, True)
    stale = "select count(*) > 0, bool_and(is_stale) from mart.{} where dataset = ?"
    for table in ("mart_indicator_series", "mart_measure_coverage", "dim_release"):
        assert rows(home.mart, stale.format(table), DATASET) == [(True, True)], table
    serving = """
        select distinct release_id like '%:2026-05-13:%' from mart.fct_observation
        where dataset = ? and indicator_id = 'premises_gigabit_all' and realtime_end is null
    """
    assert rows(home.mart, serving, DATASET) == [(True,)]
    refused = "select check_name, severity, passed, expected from mart.mart_quality where kind = 'refused'"
    ((name, severity, passed, expected),) = rows(home.mart, refused)
    assert (name, severity, passed) == ("areas_gone", "warn", False)
    assert "'E47000001'" in str(expected)
    drift = "select what, published_at::varchar from mart.mart_drift where state = 'refused'"
    assert rows(home.mart, drift) == [("areas gone", "2026-11-01")]
    assert rows(home.mart, "select checks_failed, datasets_stale from mart.build") == [(0, 1)]
