"""IPO: patents, trade marks and designs by region, invented."""

from __future__ import annotations

from sources.sample.carry.files import Cell, Rows, SampleFile, open_document
from sources.sample.carry.nomis import ILLUSTRATIVE_CITATION, ILLUSTRATIVE_NOTE, NOT_A_RELEASE

STATISTICS = "https://www.gov.uk/government/statistics"
TITLES = {
    "patents": "Patents granted by region",
    "trade_marks": "Trade marks registered by region",
    "designs": "Designs registered by region",
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
