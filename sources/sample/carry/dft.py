"""DfT: road traffic, bus journeys (table BUS01e), adults who walk and cycle (tables CW0302 and CW0303)."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

from sources.sample.carry.files import Cell, Rows, SampleFile, csv_file, workbook
from sources.sample.carry.published import csv_rows, lookup, member_authorities, sheet_rows

ROAD_TRAFFIC = "dft/road_traffic/local_authority_traffic_PLEASEM.csv"
ROAD_TRAFFIC_URL = (
    "https://storage.googleapis.com/dft-statistics/road-traffic/downloads/data-gov-uk/local_authority_traffic.csv"
)
BUS_WORKBOOK = "dft/bus/bus01_2022.xlsx"
FIRST_YEAR = 2005
# Highway authorities in two-tier areas of combined authorities: Cambridgeshire, Derbyshire, Devon, Lancashire,
# Lincolnshire, Nottinghamshire.
COUNTIES = {"E10000003", "E10000007", "E10000008", "E10000017", "E10000019", "E10000024"}
SURVEY_YEAR = "2023"


def sample_files(published: Path) -> list[SampleFile]:
    return [road_traffic(published), bus(published), *walking_and_cycling(published)]


def road_traffic(published: Path) -> SampleFile:
    keep = member_authorities(published) | COUNTIES
    with (published / ROAD_TRAFFIC).open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    code, year = header.index("local_authority_code"), header.index("year")
    kept = [row for row in rows if row[code] in keep and int(row[year]) >= FIRST_YEAR]
    return SampleFile(
        dataset="dft_road_traffic",
        file="dft/local_authority_traffic.csv",
        basis="published",
        published=dt.date(2024, 5, 22),
        kind="whole",
        url=ROAD_TRAFFIC_URL,
        citation="Department for Transport, Road traffic statistics by local authority, 1993 to 2023",
        note=f"highway authorities of combined authorities, {FIRST_YEAR} to 2023; the file carries no release date: "
        "the date is that of the statistics for 2023",
        content=csv_file([header, *kept]),
    )


def bus(published: Path) -> SampleFile:
    rows = sheet_rows(published / BUS_WORKBOOK, "BUS01e")
    sheets: dict[str, Rows] = {
        "Cover_Sheet": [
            ["Passenger journeys on local bus services"],
            ["This file carries table BUS01e only."],
            ["Last updated: January 2023"],
        ],
        "BUS01e": rows,
    }
    return SampleFile(
        dataset="dft_bus",
        file="dft/bus01.xlsx",
        basis="published",
        published=dt.date(2023, 1, 31),
        kind="whole",
        url="https://www.gov.uk/government/statistical-data-sets/bus-statistics-data-tables",
        citation="Department for Transport, Bus statistics, table BUS01e, 2009/10 to 2021/22, January 2023",
        note="every row of the table; the workbook says the month in which it was updated, not the day",
        content=workbook(sheets),
    )


def walking_and_cycling(published: Path) -> list[SampleFile]:
    return [
        _adults(published, "CW0302", "cycling", "trafford_cycling_derived.csv"),
        _adults(published, "CW0303", "walking", "trafford_walking_derived.csv"),
    ]


def _adults(published: Path, table: str, mode: str, recut: str) -> SampleFile:
    members = {row["LAD25CD"] for row in lookup(published)}
    rows: list[list[Cell]] = [
        [row["area_code"], row["area_name"], "Any", row["frequency"], _share(row["value"])]
        for row in csv_rows(published / "dft/walking_cycling" / recut)
        if row["area_code"] in members and row["period"] == SURVEY_YEAR
    ]
    sheet: Rows = [
        [f"{table}: Proportion of adults that do any {mode}, by frequency, purpose and local authority, England"],
        ["This worksheet contains one table."],
        ["Department for Transport statistics"],
        ["Percentage of adults"],
        ["ONS Code", "Area name", "Purpose", "Frequency", SURVEY_YEAR],
        *rows,
    ]
    return SampleFile(
        dataset="dft_walking_cycling",
        part=table.lower(),
        file=f"dft/{table.lower()}.xlsx",
        basis="published",
        published=dt.date(2024, 8, 28),
        kind="reconstructed",
        url="https://www.gov.uk/government/statistical-data-sets/walking-and-cycling-statistics-cw",
        citation=f"Department for Transport, Walking and cycling statistics, table {table}, year to mid-November 2023, "
        "28 August 2024",
        note="members of combined authorities, any purpose, 2023; figures to one decimal as re-cut by a reader of the "
        "table; [x] where the re-cut has none",
        content=workbook({f"{table}_Any_Purpose": sheet}),
    )


def _share(text: str) -> Cell:
    """A figure as a number; the re-cut writes NA for a missing one."""
    return "[x]" if text == "NA" else float(text)
