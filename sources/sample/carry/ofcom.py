"""Ofcom Connected Nations, July 2025: fixed coverage by local authority and full-fibre take-up, in zips."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from sources.sample.carry.files import SampleFile, archive, csv_file
from sources.sample.carry.published import csv_rows, member_authorities

FOLDER = "ofcom/connected_nations_202507"
RELEASED = dt.date(2025, 11, 19)
LANDING_PAGE = "https://www.ofcom.org.uk/phones-and-broadband/coverage-and-speeds/connected-nations-2025"
DOWNLOADS = (
    "https://www.ofcom.org.uk/siteassets/resources/documents/research-and-data/multi-sector/"
    "infrastructure-research/connected-nations-2025"
)
CITATION = "Ofcom, Connected Nations 2025, data downloads, 19 November 2025: "


def sample_files(published: Path) -> list[SampleFile]:
    return [fixed_coverage(published), full_fibre_take_up(published)]


def _table(rows: list[dict[str, str]]) -> bytes:
    """The rows under their header, with the publisher's line ends."""
    return csv_file([list(rows[0]), *(row.values() for row in rows)], newline="\r\n")  # type: ignore[list-item]


def fixed_coverage(published: Path) -> SampleFile:
    everyone = _table(csv_rows(published / FOLDER / "202507_fixed_laua_coverage_r01.EXCERPT-27of361.csv"))
    residential = _table(csv_rows(published / FOLDER / "202507_fixed_laua_res_coverage_r01.EXCERPT-27of361.csv"))
    nested = archive({"202507_fixed_laua_res_coverage_r01.csv": residential})
    folder = "202507_fixed_laua_coverage_r01"
    return SampleFile(
        dataset="ofcom_fixed_coverage",
        file="ofcom/202507_fixed_broadband_coverage_r01.zip",
        basis="published",
        published=RELEASED,
        kind="excerpt",
        url=f"{DOWNLOADS}/202507_fixed_broadband_coverage_r01.zip",
        citation=f"{CITATION}fixed coverage by local authority, all and residential premises, July 2025",
        note="27 of 361 local authorities, six of the home area; the residential file lies in a nested zip",
        content=archive(
            {
                f"{folder}/202507_fixed_laua_coverage_r01.csv": everyone,
                f"{folder}/202507_fixed_laua_res_coverage_r01.zip": nested,
            }
        ),
    )


def full_fibre_take_up(published: Path) -> SampleFile:
    keep = member_authorities(published)
    rows = [
        row for row in csv_rows(published / FOLDER / "202507_full_fibre_take-up_laua_r01.csv") if row["laua"] in keep
    ]
    name = "202507_full_fibre_take-up_laua_r01"
    return SampleFile(
        dataset="ofcom_full_fibre_take_up",
        file=f"ofcom/{name}.zip",
        basis="published",
        published=RELEASED,
        kind="whole",
        url=LANDING_PAGE,
        citation=f"{CITATION}full-fibre take-up by local authority, July 2025",
        note="members of combined authorities",
        content=archive({f"{name}/{name}.csv": _table(rows)}),
    )
