"""Innovate UK projects: the real excerpt is counted while it is read, and nothing of its records is kept anywhere."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyarrow import parquet

from expectations.runner import Runner
from orchestration.ingest import Ingest, Outcome
from sources.catalogue import Dataset, load_catalogue
from sources.errors import PayloadError
from sources.landing import Landing
from sources.origins import MirrorOrigin, OriginSpec
from sources.raw import RawStore
from sources.readers import PROVENANCE
from sources.release import sha256_of
from sources.sample.carry.files import Cell, workbook
from sources.sample.carry.ukri import HEADER, PRODUCT
from tests.reading import Row, failed_checks, read

PROJECTS = "ukri_innovate_uk_projects"
EXCERPT = "ukri/projects/IUK_trimmed_fixture_2026-08.xlsx"


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


def partnership(project: str, authority: str, **changed: Cell) -> list[Cell]:
    said: dict[str, Cell] = {
        "Project Number": project,
        "Innovate UK Product Type": PRODUCT,
        "Participant Name": "SECRET PARTNER LTD",
        "Is Lead Participant": "No",
        "Project Start Date": "2024-04-01",
        "Participant Withdrawn From Project": "Active",
        "Enterprise Size": "Micro/small",
        "Postcode": "L1 1AA",
        "Address Local Authority": authority,
    }
    return [(said | changed).get(str(name), "") for name in HEADER]


def projects_file(path: Path, *rows: list[Cell], header: tuple[Cell, ...] = HEADER) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(workbook({"Funded Projects": [header, *rows]}))
    return path


def counts(rows: list[Row]) -> dict[tuple[str, ...], str]:
    keys = ("local_authority", "start_year", "participant", "withdrawn")
    return {tuple(row[key] for key in keys): row["projects"] for row in rows}


# --- reading ---------------------------------------------------------------------------------------------


@pytest.mark.published
def test_real_excerpt_is_read_as_counts_only(published_dir: Path, runner: Runner) -> None:
    path = published_dir / EXCERPT
    rows = read(PROJECTS, path)["partnerships"]
    assert list(rows[0]) == [
        *("product_type", "local_authority", "start_year", "participant", "withdrawn", "projects"),
        *PROVENANCE,
    ]
    assert sum(int(row["projects"]) for row in rows) == 10
    assert counts(rows)["Wiltshire", "2026", "Other", "Withdrawn"] == "1"
    assert counts(rows)["Belfast", "2026", "Academic", "Active"] == "1"
    assert not any("LTD" in str(row) or "LIMITED" in str(row) for row in rows)
    assert failed_checks(runner, PROJECTS, "partnerships", path, relaxed=True) == []


def test_project_counts_once_however_many_of_its_participants_are_there(tmp_path: Path) -> None:
    path = projects_file(
        tmp_path / "p.xlsx",
        partnership("1", "Sefton"),
        partnership("1", "Sefton", **{"Participant Name": "ANOTHER LTD"}),
        partnership("2", "Sefton"),
        partnership("2", "Liverpool", **{"Enterprise Size": "Academic"}),
        partnership("3", "Sefton", **{"Participant Withdrawn From Project": "Voluntary Withdrawal"}),
    )
    assert counts(read(PROJECTS, path)["partnerships"]) == {
        ("Liverpool", "2024", "Academic", "Active"): "1",
        ("Sefton", "2024", "Other", "Active"): "2",
        ("Sefton", "2024", "Other", "Withdrawn"): "1",
    }


def test_error_does_not_quote_a_record(tmp_path: Path) -> None:
    path = projects_file(tmp_path / "p.xlsx", partnership("1", "Sefton"), header=("title",))
    with pytest.raises(PayloadError, match="project_number") as refused:
        read(PROJECTS, path)
    assert "SECRET" not in str(refused.value)
    assert "nearest row" not in str(refused.value)


# --- landing ---------------------------------------------------------------------------------------------


@pytest.fixture
def ingest(tmp_path: Path, runner: Runner) -> Iterator[Ingest]:
    home = tmp_path / "home"
    yield Ingest(Landing(home / "landing"), RawStore(home / "raw"), lambda: runner)


def ingested(ingest: Ingest, folder: Path, dataset: Dataset | None = None) -> Outcome:
    index = folder / "mirror.yml"
    index.write_text(f"datasets:\n  {PROJECTS}:\n    - {{files: '*.xlsx', kind: excerpt, published: 2026-08-04}}\n")
    return ingest.ingest(dataset or load_catalogue()[PROJECTS], MirrorOrigin(OriginSpec("mirror", folder)))


def kept_of(ingest: Ingest) -> list[Path]:
    return sorted(path for path in ingest.landing.root.parent.rglob("*") if path.is_file())


def test_landing_keeps_aggregate_hash_and_row_but_not_the_payload(ingest: Ingest, tmp_path: Path) -> None:
    payload = projects_file(tmp_path / "mirror/p.xlsx", partnership("1", "Sefton"))
    outcome = ingested(ingest, payload.parent)
    assert outcome.status == "ok", outcome.message
    (release,) = ingest.landing.releases(sample=False)
    assert (release.sha256, release.published_at) == (sha256_of(payload), dt.date(2026, 8, 4))
    aggregate = ingest.landing.path(release.files[0].path)
    assert aggregate.suffix == ".parquet"
    assert sha256_of(aggregate) == release.files[0].sha256
    assert parquet.read_table(aggregate).column("projects").to_pylist() == ["1"]
    hashes = {sha256_of(path) for path in kept_of(ingest)}
    assert sha256_of(payload) not in hashes
    assert not any(b"SECRET" in path.read_bytes() for path in kept_of(ingest))


def test_same_payload_is_unchanged_and_raw_is_made_again_from_the_aggregate(ingest: Ingest, tmp_path: Path) -> None:
    payload = projects_file(tmp_path / "mirror/p.xlsx", partnership("1", "Sefton"))
    ingested(ingest, payload.parent)
    shutil.rmtree(ingest.raw.root)
    again = ingested(ingest, payload.parent)
    assert (again.status, again.unchanged, again.landed) == ("unchanged", 1, [])
    dataset = load_catalogue()[PROJECTS]
    (release,) = ingest.landing.releases(sample=False)
    assert ingest.raw.holds(dataset, release)


def test_refused_records_leave_their_reason_only(ingest: Ingest, tmp_path: Path) -> None:
    payload = projects_file(tmp_path / "mirror/p.xlsx", partnership("1", "Sefton"), header=HEADER[:5])
    outcome = ingested(ingest, payload.parent)
    assert outcome.status == "missing"
    (row,) = ingest.landing.rows()
    assert (row["outcome"], row["sha256"]) == ("rejected", sha256_of(payload))
    assert kept_of(ingest) == [ingest.landing.ledger_path]
    assert "SECRET" not in json.dumps(row)


def test_what_is_counted_in_another_way_needs_the_payload_again(ingest: Ingest, tmp_path: Path) -> None:
    payload = projects_file(tmp_path / "mirror/p.xlsx", partnership("1", "Sefton"), partnership("2", "Wirral"))
    ingested(ingest, payload.parent)
    dataset = load_catalogue()[PROJECTS]
    table = dataset.tables[0]
    assert table.aggregate is not None
    fewer = {name: group for name, group in table.aggregate.by.items() if name != "local_authority"}
    other = dataset.model_copy(
        update={
            "tables": (
                table.model_copy(
                    update={
                        "aggregate": table.aggregate.model_copy(update={"by": fewer}),
                        "expect": table.expect.model_copy(update={"key": tuple(fewer)}),
                    }
                ),
            )
        }
    )
    payload.rename(tmp_path / "p.xlsx")
    without = ingested(ingest, tmp_path / "mirror", other)
    assert "Fetch the release again" in without.message or "not kept" in " ".join(without.problems)
    (tmp_path / "p.xlsx").rename(payload)
    outcome = ingested(ingest, payload.parent, other)
    assert outcome.status == "ok", outcome.message
    (release,) = ingest.landing.releases(sample=False)
    (rows,) = ingest.raw.files(other, "partnerships", [release])
    assert parquet.read_table(rows).column("projects").to_pylist() == ["2"]
