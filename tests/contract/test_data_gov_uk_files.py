"""data.gov.uk: entries are counted by publisher, licence and formats as they are read; nothing of them is kept."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from expectations.runner import Runner
from orchestration.ingest import Ingest
from sources.catalogue import SEEDS_DIR, load_catalogue
from sources.errors import PayloadError
from sources.landing import Landing
from sources.origins import MirrorOrigin, OriginSpec
from sources.raw import RawStore
from sources.sample.carry.data_gov_uk import entry, page, reply
from sources.sample.carry.files import archive
from tests.reading import failed_checks, read

LISTINGS = "data_gov_uk_open_datasets"
LIVERPOOL, WIRRAL = "liverpool-city-council", "wirral-council"


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


def replies(path: Path, pages: dict[str, list[dict[str, Any]]], listed: list[str] | None = None) -> Path:
    members = {f"{name}.json": page(entries) for name, entries in pages.items()}
    organizations = sorted({name.partition(".")[0] for name in pages}) if listed is None else listed
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(archive({"organizations.json": reply(organizations), **members}))
    return path


def counts(path: Path) -> dict[tuple[str, str, str], str]:
    rows = read(LISTINGS, path)["listings"]
    return {(row["publisher"], row["is_open"], row["formats"]): row["datasets"] for row in rows}


def test_entries_are_counted_by_licence_and_formats_each_name_once(tmp_path: Path) -> None:
    harvested = entry(LIVERPOOL, 1, ("CSV",))
    first = [harvested, entry(LIVERPOOL, 2, ("csv", "PDF", "")), entry(LIVERPOOL, 3, ("CSV",), is_open=False)]
    path = replies(
        tmp_path / "r.zip",
        {f"{LIVERPOOL}.001": first, f"{LIVERPOOL}.002": [harvested, entry(LIVERPOOL, 4, ("CSV",))]},
    )
    assert counts(path) == {
        (LIVERPOOL, "false", "CSV"): "1",
        (LIVERPOOL, "true", "CSV"): "2",
        (LIVERPOOL, "true", "CSV|PDF"): "1",
    }


def test_publisher_that_lists_nothing_has_nought_and_one_that_is_not_there_has_no_row(tmp_path: Path) -> None:
    path = replies(tmp_path / "r.zip", {f"{LIVERPOOL}.001": []}, listed=[LIVERPOOL, "somebody-else"])
    assert counts(path) == {(LIVERPOOL, "false", ""): "0"}


def test_list_of_organisations_in_pieces_is_one_list(tmp_path: Path) -> None:
    path = tmp_path / "r.zip"
    lists = {"organizations.json": reply(["somebody-else"]), "organizations_002.json": reply([LIVERPOOL])}
    path.write_bytes(archive({**lists, f"{LIVERPOOL}.001.json": page([entry(LIVERPOOL, 1, ("CSV",))])}))
    assert counts(path) == {(LIVERPOOL, "true", "CSV"): "1"}


def test_entry_that_does_not_say_whether_it_is_open_is_refused(tmp_path: Path, runner: Runner) -> None:
    silent = {key: value for key, value in entry(LIVERPOOL, 1, ("CSV",)).items() if key != "isopen"}
    path = replies(tmp_path / "r.zip", {f"{LIVERPOOL}.001": [silent]})
    assert "is_open_filled" in failed_checks(runner, LISTINGS, "listings", path, relaxed=True)


def test_illustrative_replies_meet_the_contract(tmp_path: Path, runner: Runner) -> None:
    path = replies(tmp_path / "r.zip", {f"{WIRRAL}.001": [entry(WIRRAL, 1, ("CSV",))]})
    assert failed_checks(runner, LISTINGS, "listings", path, relaxed=False) == []


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({f"{LIVERPOOL}.001.json": page([])}, "input organizations"),
        ({"organizations.json": reply([LIVERPOOL])}, "input pages"),
        (
            {"organizations.json": reply([LIVERPOOL]), f"{LIVERPOOL}.001.json": b'{"result": {"results": "none"}}'},
            "a readable|JSON records as declared",
        ),
    ],
    ids=["no list", "no page", "another shape"],
)
def test_other_replies_are_refused(tmp_path: Path, members: dict[str, bytes], told: str) -> None:
    path = tmp_path / "r.zip"
    path.write_bytes(archive(members))
    with pytest.raises(PayloadError, match=told):
        read(LISTINGS, path)


def test_no_known_publisher_is_no_release(tmp_path: Path, runner: Runner) -> None:
    path = replies(tmp_path / "r.zip", {"somebody-else.001": [entry("somebody-else", 1, ("CSV",))]})
    assert "row_count_in_band" in failed_checks(runner, LISTINGS, "listings", path, relaxed=False)


def test_nothing_personal_is_landed(tmp_path: Path, runner: Runner) -> None:
    named = entry(WIRRAL, 1, ("CSV",)) | {"author": "SECRET NAME", "maintainer_email": "secret@example.org"}
    path = replies(tmp_path / "mirror" / LISTINGS / "replies.zip", {f"{WIRRAL}.001": [named]})
    home = tmp_path / "home"
    ingest = Ingest(Landing(home / "landing"), RawStore(home / "raw"), lambda: runner)
    outcome = ingest.ingest(load_catalogue()[LISTINGS], MirrorOrigin(OriginSpec("mirror", path.parents[1])))
    assert outcome.status == "ok", outcome.message
    kept = [file.read_bytes() for file in home.rglob("*") if file.is_file()]
    assert kept
    assert not any(b"SECRET" in content or b"secret@" in content for content in kept)


def test_every_publisher_of_the_seed_is_an_authority_of_the_home_area() -> None:
    with (SEEDS_DIR / "geography/open_data_publishers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    areas = [row["area_code"] for row in rows]
    assert len(areas) == len(set(areas)) == 7
    assert "E47000004" in areas
    assert {row["verified"] for row in rows} == {"false"}, "a slug that somebody has seen is verified: change this test"
