"""Reads the real published files where they lie: rows of a sheet, a CSV, a re-cut, and the areas we carry."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from python_calamine import CalamineWorkbook

HOME_AREA, HOME_NAME = "E47000004", "Liverpool City Region"  # of the sample, whatever the place
FORMER_METROPOLITAN_COUNTY = "E11000002"  # Merseyside without Halton: a trap, never the city region

LOOKUP = "ons/geography/Local_Authority_District_to_Combined_Authority_(May_2025)_Lookup_in_EN.csv"

# Codes that today's members carried in earlier editions (boundary changes of 2013 to 2025).
EARLIER_CODES = {
    "E06000057": ("E06000048",),
    "E06000065": ("E10000023", *(f"E0700016{n}" for n in range(3, 10))),
    "E08000037": ("E08000020",),
    "E08000038": ("E08000016",),
    "E08000039": ("E08000019",),
}

Row = list[Any]


def csv_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV by header, all text, as the file has them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def csv_file_rows(path: Path) -> list[list[str]]:
    """Header and rows of a CSV, cell by cell."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def sheet_rows(path: Path, sheet: str, limit: int = 1_000) -> list[Row]:
    """Rows of a sheet, from its first; whole numbers as int. `limit`: some sheets declare a million rows."""
    with CalamineWorkbook.from_path(path) as book:
        rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False, nrows=limit)
    return [[_whole(cell) for cell in row] for row in rows]


def _whole(cell: Any) -> Any:
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def recut_rows(path: Path, filters: list[tuple[str, str, Any]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(path, filters=filters).to_pylist()
    return rows


def number(text: str) -> int | float:
    """`'495'` → 495, `'94.5'` → 94.5"""
    value: int | float = _whole(float(text))
    return value


def lookup(published: Path) -> list[dict[str, str]]:
    return csv_rows(published / LOOKUP)


def home_authorities(published: Path) -> dict[str, str]:
    """Code → name of the authorities of the home area, in code order."""
    rows = [row for row in lookup(published) if row["CAUTH25CD"] == HOME_AREA]
    return {row["LAD25CD"]: row["LAD25NM"] for row in sorted(rows, key=lambda row: row["LAD25CD"])}


def member_authorities(published: Path) -> set[str]:
    """Codes, present and earlier, of the members of every combined authority."""
    codes = {row["LAD25CD"] for row in lookup(published)}
    return codes.union(*(EARLIER_CODES.get(code, ()) for code in codes))
