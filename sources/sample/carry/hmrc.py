"""HMRC: goods traded by ITL level 2 area, and by region. No published figure was at hand: all are invented."""

from __future__ import annotations

import json
from itertools import product

from sources.sample.carry.files import Cell, SampleFile, archive, workbook
from sources.sample.carry.nomis import ILLUSTRATIVE_CITATION, ILLUSTRATIVE_NOTE, NOT_A_RELEASE

COLLECTION = (
    "https://www.gov.uk/government/collections/"
    "uk-regional-trade-in-goods-statistics-disaggregated-by-smaller-geographical-areas"
)
YEAR = 2025
HEADER: tuple[Cell, ...] = ("Flow", "EU / Non-EU", "ITL2", "Statistical Value (£ million)", "Business Count")
# ITL level 2 areas that are a combined authority exactly, one that is none, and trade of a region without an area.
AREAS = {
    "Merseyside": 1,
    "Greater Manchester": 2,
    "South Yorkshire": 1,
    "West Yorkshire": 2,
    "West Midlands": 2,
    "Cheshire": 1,
    "NW Other": 1,
}
VALUE, BUSINESSES = 1_000, 100  # per unit of scale
REGIONS = {1: "North East", 2: "North West"}
FLOWS = {1: "EU Imports", 2: "EU Exports", 3: "Non-EU Imports", 4: "Non-EU Exports"}
QUARTERS = (1, 4, 7, 10)  # a quarter goes by its first month
QUARTER_VALUE = 1_000_000_000  # GBP in each region and flow, times the region's number


def sample_files() -> list[SampleFile]:
    return [
        _illustrative(
            "hmrc_regional_trade_smaller_areas",
            f"hmrc/RTS_smaller_areas_{YEAR}_data_tables.illustrative.xlsx",
            COLLECTION,
            smaller_areas(),
            "workbook",
        ),
        _illustrative(
            "hmrc_uktradeinfo_rts", "hmrc/RTS.illustrative.zip", "https://api.uktradeinfo.com/RTS", replies(), "reply"
        ),
    ]


def _illustrative(dataset: str, file: str, url: str, content: bytes, what: str) -> SampleFile:
    return SampleFile(
        dataset=dataset,
        file=file,
        basis="illustrative",
        published=NOT_A_RELEASE,
        kind="excerpt",
        url=url,
        citation=ILLUSTRATIVE_CITATION.replace("reply", what),
        note=ILLUSTRATIVE_NOTE,
        content=content,
    )


def smaller_areas() -> bytes:
    """A business that trades with both groups of partners is in both counts; trade of no area has no count."""
    rows: list[list[Cell]] = [
        [flow, partner, area, VALUE * scale, "N/A" if area.endswith("Other") else BUSINESSES * scale]
        for (flow, partner), (area, scale) in product(product(("Exp", "Imp"), ("EU", "Non-EU")), AREAS.items())
    ]
    title: list[list[Cell]] = [["ILLUSTRATIVE: every figure is invented"], [f"{YEAR} data"], ["Detailed Data Tables"]]
    return workbook({"Title": title, "T2 ITL2": [["ILLUSTRATIVE"], [], HEADER, *rows]})


def replies() -> bytes:
    """The three replies of one request, as the service sends them: labels padded with blanks."""
    sums = [
        {
            "@odata.id": None,
            "MonthId": YEAR * 100 + month,
            "GovRegionId": region,
            "FlowTypeId": flow,
            "TotalValue": QUARTER_VALUE * region,
        }
        for month, region, flow in product(QUARTERS, REGIONS, FLOWS)
    ]
    regions = [{"RegionId": number, "RegionName": name} for number, name in REGIONS.items()]
    flows = [{"FlowTypeId": number, "FlowTypeDescription": f"{name:<20}"} for number, name in FLOWS.items()]
    members = {"RTS_page001.json": sums, "Region.json": regions, "FlowType.json": flows}
    return archive({name: json.dumps({"value": value}, indent=1).encode() for name, value in members.items()})
