"""Defra: local authority collected waste, the annual workbook."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from sources.sample.carry.files import Rows, SampleFile, open_document
from sources.sample.carry.published import home_authorities, member_authorities, sheet_rows

WORKBOOK = "defra/collected_waste/LA_and_Regional_Spreadsheet_ce_observatory.ods"
SHEET_ROWS = 10_000
HEADER_ROW = 4  # in both sheets of authorities
CODE, TYPE = 2, 5


def sample_files(published: Path) -> list[SampleFile]:
    return [collected_waste(published)]


def collected_waste(published: Path) -> SampleFile:
    members, home = member_authorities(published), set(home_authorities(published))
    sheets: dict[str, Rows] = {
        "Metadata": [
            ["Title:", "Local Authority Collected Waste Statistics - Local Authority data"],
            ["Year:", "2022-23"],
            ["This file carries published figures for some authorities only."],
        ],
        "Table_1": _authorities(published, "Table_1", members, home),
        "Table_3": _authorities(published, "Table_3", members, home),
        "Table_3b": sheet_rows(published / WORKBOOK, "Table_3b", SHEET_ROWS),
    }
    return SampleFile(
        dataset="defra_collected_waste",
        file="defra/LA_and_Regional_Spreadsheet_2022-23.ods",
        basis="published",
        published=dt.date(2024, 3, 31),
        kind="whole",
        url="https://www.gov.uk/government/statistical-data-sets/env18-local-authority-collected-waste-annual-results-tables",
        citation="Department for Environment, Food and Rural Affairs, Local authority collected waste management, "
        "annual results 2022/23, tables 1, 3 and 3b, March 2024",
        note="disposal authorities and unitary members of combined authorities; of the boroughs that only "
        "collect, those of the home area; England; the day in March 2024 is not known",
        content=open_document(sheets),
    )


def _authorities(published: Path, sheet: str, members: set[str], home: set[str]) -> Rows:
    """Head of the sheet, and the rows that add up; the home boroughs that do not, as the publisher's sheet has them."""
    rows = sheet_rows(published / WORKBOOK, sheet, SHEET_ROWS)
    return [
        *rows[:HEADER_ROW],
        *(
            row
            for row in rows[HEADER_ROW:]
            if row[CODE] in home or row[TYPE] == "Disposal" or (row[CODE] in members and row[TYPE] != "Collection")
        ),
    ]
