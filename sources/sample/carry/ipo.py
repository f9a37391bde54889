"""IPO: patents, trade marks and designs by region. Of 2013 some are known as quoted; of 2024 all are invented."""

from __future__ import annotations

import datetime as dt

from sources.sample.carry.files import Cell, Rows, SampleFile, open_document
from sources.sample.carry.nomis import ILLUSTRATIVE_CITATION, ILLUSTRATIVE_NOTE, NOT_A_RELEASE

STATISTICS = "https://www.gov.uk/government/statistics"
TITLES = {
    "patents": "Patents granted by region",
    "trade_marks": "Trade marks registered by region",
    "designs": "Designs registered by region",
}
# Facts and figures 2012 and 2013, those regions that a reader of it names.
QUOTED = {
    "patents": {"North West": 204, "East of England": 337, "South West": 340, "London": 346, "South East": 437},
    "trade_marks": {"North West": 3_521, "South East": 5_258, "London": 10_583},
    "designs": {
        "North East": 484,
        "North West": 397,
        "West Midlands": 451,
        "London": 720,
        "South East": 883,
    },
}
INVENTED = {
    "patents": {"North West": 200, "London": 400},
    "trade_marks": {"North West": 10_000, "London": 20_000},
    "designs": {"North West": 5_000, "London": 10_000},
}


def sample_files() -> list[SampleFile]:
    return [
        SampleFile(
            dataset="ipo_facts_and_figures",
            part="2013",
            file="ipo/facts_and_figures_2013_regions.ods",
            basis="published",
            published=dt.date(2014, 7, 1),
            kind="reconstructed",
            url=f"{STATISTICS}/patent-trade-mark-design-and-hearing-data-2013-and-2014",
            citation="Intellectual Property Office, Facts and figures 2012 and 2013, as quoted by IP Northwest, Are "
            "Southerners really more innovative than we are?, July 2014",
            note="calendar year 2013; the regions that the reader names; dated to the month of the quotation",
            content=open_document(_sheets("2013", QUOTED)),
        ),
        SampleFile(
            dataset="ipo_facts_and_figures",
            part="2024",
            file="ipo/facts_and_figures_2024_regions.illustrative.ods",
            basis="illustrative",
            published=NOT_A_RELEASE,
            kind="excerpt",
            url=f"{STATISTICS}/facts-and-figures-patents-trade-marks-designs-and-hearings-2024",
            citation=ILLUSTRATIVE_CITATION.replace("reply", "workbook"),
            note=ILLUSTRATIVE_NOTE,
            content=open_document(_sheets("2024", INVENTED)),
        ),
    ]


def _sheets(year: str, rights: dict[str, dict[str, int]]) -> dict[str, Rows]:
    return {name: _sheet(TITLES[name], year, counts) for name, counts in rights.items()}


def _sheet(title: str, year: str, counts: dict[str, int]) -> Rows:
    rows: list[list[Cell]] = [[title], ["Region", year]]
    return rows + [[region, count] for region, count in counts.items()]
