"""OHID: Fingertips replies. No published figure of these indicators was at hand: all are invented."""

from __future__ import annotations

from pathlib import Path

from sources.sample.carry.files import SampleFile, csv_file
from sources.sample.carry.nomis import ILLUSTRATIVE_CITATION, ILLUSTRATIVE_NOTE, NOT_A_RELEASE, SCALE
from sources.sample.carry.published import home_authorities

HEADER = (
    *("Indicator ID", "Indicator Name", "Parent Code", "Parent Name", "Area Code", "Area Name", "Area Type", "Sex"),
    *("Age", "Category Type", "Category", "Time period", "Value", "Lower CI 95.0 limit", "Upper CI 95.0 limit"),
    *("Lower CI 99.8 limit", "Upper CI 99.8 limit", "Count", "Denominator", "Value note", "Recent Trend"),
    *("Compared to England value or percentiles", "Column not used", "Time period Sortable", "New data"),
    *("Compared to goal", "Time period range"),
)
ENGLAND = "E92000001"
PERSONS = 1_000  # per unit of scale


def sample_files(published: Path) -> list[SampleFile]:
    return [
        _reply(published, 848, "Depression: QOF prevalence (18+ yrs)", "18+ yrs", {"2022/23": 13, "2023/24": 14}),
        _reply(published, 93495, "Estimated prevalence of common mental disorders", "16+ yrs", {"2017": 20}),
    ]


def _reply(published: Path, indicator: int, name: str, age: str, percent: dict[str, int]) -> SampleFile:
    """The same round percentage everywhere; England's row twice, as the service sends it."""
    authorities = home_authorities(published)
    rows = [
        [
            *(indicator, name, parent, "England" if parent else "", code, area, kind, "Persons", age, "", "", label),
            *(value, value - 1, value + 1, "", "", value * PERSONS * SCALE[code] // 100, PERSONS * SCALE[code]),
            *("", "Cannot be calculated", "Not compared", "Not compared", f"{label[:4]}0000", "", "", "1y"),
        ]
        for label, value in percent.items()
        for parent, code, area, kind in [
            ("", ENGLAND, "England", "England"),
            *((ENGLAND, code, area, "UA") for code, area in authorities.items()),
            ("", ENGLAND, "England", "England"),
        ]
    ]
    return SampleFile(
        dataset="ohid_fingertips",
        part=str(indicator),
        file=f"ohid/fingertips_{indicator}.illustrative.csv",
        basis="illustrative",
        published=NOT_A_RELEASE,
        kind="excerpt",
        url=f"https://fingertips.phe.org.uk/api/all_data/csv/by_indicator_id?indicator_ids={indicator}"
        "&child_area_type_id=502&parent_area_type_id=15",
        citation=ILLUSTRATIVE_CITATION,
        note=ILLUSTRATIVE_NOTE,
        content=csv_file([HEADER, *rows]),
    )
