"""VOA: business floorspace. No figure of the publisher was at hand: all are invented."""

from __future__ import annotations

from pathlib import Path

from sources.sample.carry.files import SampleFile, archive, csv_file
from sources.sample.carry.nomis import ILLUSTRATIVE_NOTE, NOT_A_RELEASE, SCALE
from sources.sample.carry.published import home_authorities

YEARS = ("2023", "2024", "2025")
# Thousand square metres for each unit of scale; the uses add up to all.
USES = {"1": 1000, "2": 200, "3": 100, "4": 600, "5": 100}
POUNDS = 50  # for each square metre, everywhere
SMALL_AREA = ("MSOA", "E02001347", "Liverpool 001")  # small areas stand in the same tables


def sample_files(published: Path) -> list[SampleFile]:
    authorities = home_authorities(published)
    members = {
        f"table_FS_OA{table}_1.csv": _table({code: floorspace * SCALE[code] for code in authorities}, authorities)
        for table, floorspace in USES.items()
    }
    members["table_FS_OA1_2.csv"] = _table(dict.fromkeys(authorities, POUNDS), authorities)
    return [
        SampleFile(
            dataset="voa_business_floorspace",
            file="voa/NDR_Business_Floorspace_Tables.illustrative.zip",
            basis="illustrative",
            published=NOT_A_RELEASE,
            kind="excerpt",
            url="https://www.gov.uk/government/collections/valuation-office-agency-non-domestic-rating-statistics",
            citation="none: invented round figures in the tables' format",
            note=ILLUSTRATIVE_NOTE,
            content=archive(members),
        )
    ]


def _table(figures: dict[str, int], names: dict[str, str]) -> bytes:
    """One table: the same figure in every year, and a small area that is suppressed."""
    rows = [["LAUA", code, names[code], *[figure] * len(YEARS)] for code, figure in figures.items()]
    return csv_file([["geography", "ons_code", "ons_name", *YEARS], *rows, [*SMALL_AREA, *[".."] * len(YEARS)]])
