"""Ofcom Connected Nations, July 2025: fixed coverage by local authority and full-fibre take-up, in zips."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from sources.sample.carry.files import SampleFile, archive, csv_file
from sources.sample.carry.nomis import ILLUSTRATIVE_CITATION, ILLUSTRATIVE_NOTE, NOT_A_RELEASE, SCALE
from sources.sample.carry.published import csv_rows, home_authorities, member_authorities

FOLDER = "ofcom/connected_nations_202507"
RELEASED = dt.date(2025, 11, 19)
LANDING_PAGE = "https://www.ofcom.org.uk/phones-and-broadband/coverage-and-speeds/connected-nations-2025"
DOWNLOADS = (
    "https://www.ofcom.org.uk/siteassets/resources/documents/research-and-data/multi-sector/"
    "infrastructure-research/connected-nations-2025"
)
# Counts of lines in use, as the files to 2022 name and order them.
LINE_COUNTS = tuple(
    f"Number of connections {band} Mbit/s (number of lines)"
    for band in ("< 2", "2<5", "5<10", "10<30", "30<300", ">= 300", ">= 30")
)
CITATION = "Ofcom, Connected Nations 2025, data downloads, 19 November 2025: "


def sample_files(published: Path) -> list[SampleFile]:
    return [
        fixed_coverage(published),
        full_fibre_take_up(published),
        mobile_coverage(published),
        fixed_performance(published),
    ]


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


def mobile_coverage(published: Path) -> SampleFile:
    rows = csv_rows(published / FOLDER / "202507_mobile_coverage_laua_r01.EXCERPT-header+4of361.csv")
    name = "202507_mobile_coverage_laua_r01"
    return SampleFile(
        dataset="ofcom_mobile_coverage",
        file=f"ofcom/{name}.zip",
        basis="published",
        published=RELEASED,
        kind="excerpt",
        url=LANDING_PAGE,
        citation=f"{CITATION}mobile coverage by local authority, July 2025",
        note="4 of 361 local authorities, none of the home area",
        content=archive({f"{name}/{name}.csv": _table(rows)}),
    )


def fixed_performance(published: Path) -> SampleFile:
    """Invented: of 10,000 lines for each unit of an authority's scale 9,000 reach 30 Mbit/s and 2,000 300 Mbit/s."""
    header = ["laua", "laua_name", *LINE_COUNTS]
    bands = (0, 0, 0, 1_000, 7_000, 2_000, 9_000)
    rows = [
        [code, name, *(SCALE[code] * lines for lines in bands)] for code, name in home_authorities(published).items()
    ]
    name = "202205_fixed_laua_performance_r02"
    return SampleFile(
        dataset="ofcom_fixed_performance",
        file=f"ofcom/{name}.illustrative.zip",
        basis="illustrative",
        published=NOT_A_RELEASE,
        kind="excerpt",
        url=LANDING_PAGE,
        citation=ILLUSTRATIVE_CITATION.replace("reply", "file"),
        note=ILLUSTRATIVE_NOTE,
        content=archive({f"{name}.csv": csv_file([header, *rows], newline="\r\n")}),
    )
