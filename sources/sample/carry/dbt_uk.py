"""DBT: UK Innovation Survey. Regional shares to 2020-22 are published; later ones, and new products, are invented."""

from __future__ import annotations

import datetime as dt

from sources.sample.carry.files import Cell, Rows, SampleFile, open_document
from sources.sample.carry.nomis import ILLUSTRATIVE_CITATION, ILLUSTRATIVE_NOTE, NOT_A_RELEASE

COLLECTION = "https://www.gov.uk/government/collections/uk-innovation-survey"
WINDOWS = ("2008-10", "2010-12", "2012-14", "2014-16", "2016-18", "2018-20", "2020-22")
# As the Welsh Government publishes them (StatsWales, Businesses that are innovation active by year, May 2024); of the
# regions those that were at hand. The survey's own report of 9 May 2024 gives 36 for the country, 37 for England.
INNOVATION_ACTIVE = {
    "United Kingdom": (37, 44, 53, 49, 38, 45, 36),
    "England": (37, 45, 54, 50, 38, 46, 37),
    "North East": (40, 47, 53, 42, 34, 40, 39),
    "North West": (32, 42, 53, 49, 36, 45, 35),
    "Yorkshire and the Humber": (36, 43, 65, 49, 39, 48, 35),
    "East Midlands": (39, 49, 56, 52, 37, 47, 35),
    "West Midlands": (38, 43, 55, 52, 39, 49, 35),
    "South East": (41, 46, 57, 51, 40, 46, 40),
    "South West": (38, 47, 43, 53, 41, 47, 37),
    "Northern Ireland": (32, 39, 45, 39, 32, 38, 32),
}
INVENTED = {"United Kingdom": 40, "England": 40, "North West": 40}


def sample_files() -> list[SampleFile]:
    active: list[list[Cell]] = [["Region", *WINDOWS]]
    active += [[region, *shares] for region, shares in INNOVATION_ACTIVE.items()]
    return [
        SampleFile(
            dataset="dbt_uk_innovation_survey",
            part="2023",
            file="dbt_uk/UKIS_2023_regions.ods",
            basis="published",
            published=dt.date(2024, 5, 9),
            kind="reconstructed",
            url="https://www.gov.uk/government/statistics/uk-innovation-survey-2023-report",
            citation="Department for Business and Trade, UK Innovation Survey, 2008-10 to 2020-22, as published by the "
            "Welsh Government, StatsWales, Businesses that are innovation active by year, May 2024",
            note="whole percent; United Kingdom, England, Northern Ireland and seven of the nine English regions; "
            "dated to the survey's report",
            content=open_document({"Table_1": _sheet("innovation active", active)}),
        ),
        SampleFile(
            dataset="dbt_uk_innovation_survey",
            part="2025",
            file="dbt_uk/UKIS_2025_regions.illustrative.ods",
            basis="illustrative",
            published=NOT_A_RELEASE,
            kind="excerpt",
            url=COLLECTION,
            citation=ILLUSTRATIVE_CITATION.replace("reply", "workbook"),
            note=ILLUSTRATIVE_NOTE,
            content=open_document(
                {
                    "Table_1": _sheet("innovation active", _invented(1)),
                    "Table_2": _sheet("new to market product innovators", _invented(4)),
                }
            ),
        ),
    ]


def _sheet(what: str, rows: Rows) -> Rows:
    return [[f"Percentage of businesses which were {what}, by region"], *rows]


def _invented(divisor: int) -> list[list[Cell]]:
    rows: list[list[Cell]] = [["Region", "2022-24"]]
    return rows + [[region, share // divisor] for region, share in INVENTED.items()]
