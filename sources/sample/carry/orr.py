"""ORR: station usage (table 1410)."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

from sources.sample.carry.files import SampleFile, csv_file
from sources.sample.carry.published import lookup

STATION_USAGE = "orr/station_usage/table-1410_2020-21.csv"
ENCODING = "cp1252"  # as published


def sample_files(published: Path) -> list[SampleFile]:
    return [station_usage(published)]


def station_usage(published: Path) -> SampleFile:
    """Stations in districts that are members of combined authorities, by the names of then and now."""
    names = {row["LAD25NM"] for row in lookup(published)}
    with (published / STATION_USAGE).open(encoding=ENCODING, newline="") as file:
        header, *rows = csv.reader(file)
    district = header.index("Local authority: district/unitary")
    kept = [row for row in rows if row[district] in names]
    return SampleFile(
        dataset="orr_station_usage",
        file="orr/table-1410_2020-21.csv",
        basis="published",
        published=dt.date(2021, 11, 25),
        kind="excerpt",
        url="https://dataportal.orr.gov.uk/statistics/usage/estimates-of-station-usage/",
        citation="Office of Rail and Road, Estimates of station usage 2020-21, table 1410, 25 November 2021",
        note="stations in members of combined authorities; North Yorkshire's former districts are not carried",
        content=csv_file([header, *kept]).decode().encode(ENCODING),
    )
