"""Returns from the folder into landing and raw Parquet: who and when, vintages, refusals, nothing about persons."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from expectations.runner import Runner
from orchestration.ingest import NOT_OFFERED, Ingest, Outcome
from orchestration.transform import build_releases, prepare_build_database, raw_tables
from orchestration.warehouse import Home, Warehouse
from sources.catalogue import load_catalogue
from sources.landing import Landing
from sources.origins import LandedOrigin, SampleOrigin
from sources.raw import RawStore
from sources.release import Release
from sources.returns.origin import ReturnsOrigin
from tests.reading import failed_checks

DATASET = load_catalogue()["lcrca_returns"]
FOOTFALL = """\
return,footfall
submitted_by,Performance team
submitted_at,2026-04-20
month,area,town_centre,visits,note
2026-02,Liverpool City Region,All,3900000,
2026-03,Liverpool City Region,All,4100000,
2026-03,Wirral,Birkenhead,610000,counter out of order on two days
"""
FERRY = """\
return,ferry_patronage
submitted_by,Transport performance team
submitted_at,2026-04-21
quarter,service,passengers
Jan-Mar 2026,All,120000
"""


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


class Folder:
    """One warehouse and its folder of returns; every night looks into it once."""

    def __init__(self, root: Path, runner: Runner) -> None:
        self.home = Home(root)
        self.runner = runner
        self.home.returns.mkdir(parents=True)

    def drop(self, name: str, content: str) -> None:
        (self.home.returns / name).write_text(content, encoding="utf-8")

    def night(self) -> Outcome:
        ingest = Ingest(Landing(self.home.landing), RawStore(self.home.raw), lambda: self.runner)
        return ingest.ingest(DATASET, ReturnsOrigin(self.home.returns))

    def releases(self) -> list[Release]:
        return Landing(self.home.landing).releases(sample=False)

    def raw(self, columns: str) -> list[tuple[Any, ...]]:
        import duckdb

        landing, store = Landing(self.home.landing), RawStore(self.home.raw)
        catalogue = {DATASET.dataset: DATASET}
        releases = build_releases(landing, store, catalogue, sample=False)
        prepare_build_database(self.home, raw_tables(self.home, catalogue, releases, store))
        with duckdb.connect(self.home.build_db, read_only=True) as con:
            return con.execute(f"select {columns} from raw.lcrca_returns__figures order by all").fetchall()

    def everything_kept(self) -> bytes:
        folders = (self.home.landing, self.home.raw)
        return b"".join(path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def folder(tmp_path: Path, runner: Runner) -> Folder:
    return Folder(tmp_path / "home", runner)


def test_a_return_is_landed_with_who_and_when(folder: Folder) -> None:
    folder.drop("footfall.csv", FOOTFALL)
    folder.drop("Q4 ferries (final).csv", FERRY)
    outcome = folder.night()
    assert (outcome.status, outcome.message, outcome.failed) == ("ok", "2 new, 0 unchanged", False)
    footfall, ferry = folder.releases()
    assert footfall.release_id.startswith("lcrca_returns:footfall:2026-04-20:")
    assert (footfall.origin, footfall.basis, footfall.kind) == ("return", "published", "whole")
    assert footfall.citation.startswith(
        "Submitted by Performance team on 2026-04-20; SHA-256 of the file as handed in "
    )
    assert (ferry.part, ferry.title, ferry.published_at) == (
        "ferry_patronage", "Return: Ferry patronage", dt.date(2026, 4, 21),
    )  # fmt: skip
    rows = folder.raw("submitted_by, submitted_at, area_code, time_period, breakdown, value, _member")
    assert rows == [
        ("Performance team", "2026-04-20", "E08000015", "2026-03-01/P1M", "town_centre=birkenhead", "610000",
         "footfall.csv"),
        ("Performance team", "2026-04-20", "E47000004", "2026-02-01/P1M", "total", "3900000", "footfall.csv"),
        ("Performance team", "2026-04-20", "E47000004", "2026-03-01/P1M", "total", "4100000", "footfall.csv"),
        ("Transport performance team", "2026-04-21", "E47000004", "2026-01-01/P3M", "total", "120000",
         "ferry_patronage.csv"),
    ]  # fmt: skip


def test_link_in_the_folder_is_not_followed(folder: Folder, tmp_path: Path) -> None:
    elsewhere = tmp_path / "secret.csv"
    elsewhere.write_text(FERRY.replace("120000", "4711 secret"), encoding="utf-8")
    (folder.home.returns / "ferry.csv").symlink_to(elsewhere)
    folder.drop("footfall.csv", FOOTFALL)
    outcome = folder.night()
    assert outcome.problems == ["returns/ferry.csv: this is a link; put the file itself here"]
    assert [release.part for release in folder.releases()] == ["footfall"]
    assert b"4711" not in folder.everything_kept()


def test_handing_in_again_makes_a_new_release_and_keeps_the_old_one(folder: Folder) -> None:
    folder.drop("footfall.csv", FOOTFALL)
    folder.night()
    assert folder.night().message == "1 landed releases, nothing new"
    # In place, and as another file beside it: a release each, ordered by the day of submission.
    folder.drop("footfall.csv", FOOTFALL.replace("4100000", "4150000").replace("2026-04-20", "2026-05-20"))
    assert folder.night().message == "1 new, 0 unchanged"
    folder.drop("footfall-v3.csv", FOOTFALL.replace("4100000", "4160000").replace("2026-04-20", "2026-06-20"))
    assert folder.night().message == "1 new, 1 unchanged"
    assert [release.published_at.isoformat() for release in folder.releases()] == [
        "2026-04-20", "2026-05-20", "2026-06-20",
    ]  # fmt: skip
    values = folder.raw("value") and folder.raw("submitted_at, value")
    assert [row for row in values if row[1].startswith("41")] == [
        ("2026-04-20", "4100000"), ("2026-05-20", "4150000"), ("2026-06-20", "4160000"),
    ]  # fmt: skip


def test_two_versions_in_one_night_are_landed_oldest_first(folder: Folder) -> None:
    folder.drop("a.csv", FOOTFALL.replace("2026-04-20", "2026-06-20"))
    folder.drop("b.csv", FOOTFALL)
    folder.night()
    first, second = folder.releases()
    assert first.published_at < second.published_at
    assert first.retrieved_at <= second.retrieved_at


def test_a_bad_return_stops_itself_and_nothing_of_it_is_kept(folder: Folder) -> None:
    folder.drop("footfall.csv", FOOTFALL)
    folder.drop("ferries.csv", FERRY.replace("120000", "abc").replace("Transport performance team", "Jane Smith"))
    outcome = folder.night()
    assert (outcome.status, outcome.failed, len(outcome.landed)) == ("stale", True, 1)
    lines = outcome.message.splitlines()
    assert lines[0].startswith("returns/ferries.csv, cell B2: this does not read as a team or shared mailbox")
    assert lines[1].startswith("returns/ferries.csv, cell C5: 'abc' is not a whole number of passengers")
    ledger = [json.loads(line) for line in Landing(folder.home.landing).ledger_path.read_bytes().splitlines()]
    assert [row["outcome"] for row in ledger] == ["failed", "landed"]
    assert b"Jane" not in folder.everything_kept()
    assert not (folder.home.landing / "rejected").exists()


def test_an_empty_folder_is_no_failure(folder: Folder) -> None:
    outcome = folder.night()
    assert (outcome.status, outcome.message, outcome.failed) == ("missing", NOT_OFFERED, False)
    folder.drop("README.txt", "Drop returns here.")
    folder.drop("~$footfall.xlsx", "what Excel leaves behind")
    assert not folder.night().failed
    folder.home.returns.joinpath("README.txt").unlink()
    folder.drop("footfall.csv", FOOTFALL)
    folder.night()
    folder.home.returns.joinpath("footfall.csv").unlink()
    assert folder.night().status == "unchanged"  # what landed goes on serving


def test_the_landing_contract_holds_what_the_form_promises(folder: Folder, tmp_path: Path) -> None:
    folder.drop("footfall.csv", FOOTFALL)
    folder.night()
    (release,) = folder.releases()
    landed = Landing(folder.home.landing).path(release.files[0].path)
    assert failed_checks(folder.runner, "lcrca_returns", "figures", landed, relaxed=False) == []
    broken = tmp_path / "footfall.csv"
    text = landed.read_text(encoding="utf-8")
    for old, new, check in (
        ("4100000", "4.1 million", "value_matches_pattern"),
        ("E47000004", "E11000002", "areas_present"),
        ("2026-02-01/P1M", "2026-03-01/P1M", "key_unique"),
        (",count,", ",per cent,", "unit_accepted"),
    ):
        broken.write_text(text.replace(old, new), encoding="utf-8")
        assert check in failed_checks(folder.runner, "lcrca_returns", "figures", broken, relaxed=False)


@pytest.mark.parametrize(("origin", "kind"), [("live", ReturnsOrigin), ("sample", SampleOrigin)])
def test_every_run_but_the_sample_looks_into_the_folder(origin: str, kind: type, tmp_path: Path) -> None:
    warehouse = Warehouse(origin=origin, home_dir=str(tmp_path))
    assert type(warehouse.origin_of(DATASET)) is kind


def test_a_run_from_what_landed_takes_returns_only_beside_real_releases(folder: Folder) -> None:
    warehouse = Warehouse(origin="landed", home_dir=str(folder.home.root))
    # Nothing but the sample, or nothing at all, has landed: a return must not end up in a build of the sample.
    assert type(warehouse.origin_of(DATASET)) is LandedOrigin
    folder.drop("footfall.csv", FOOTFALL)
    folder.night()
    assert type(Warehouse(origin="landed", home_dir=str(folder.home.root)).origin_of(DATASET)) is ReturnsOrigin
