"""MHCLG: Indices of Deprivation files 7 and 10, Live Tables 253 and 122.

Of Live Table 253a, the energy certificates and the business rates return no figure was at hand: theirs are invented.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

from sources.sample.carry.files import Cell, Rows, SampleFile, csv_file, open_document, workbook
from sources.sample.carry.nomis import ILLUSTRATIVE_NOTE, NOT_A_RELEASE, SCALE
from sources.sample.carry.published import (
    csv_file_rows,
    csv_rows,
    home_authorities,
    member_authorities,
    number,
    sheet_rows,
)

DEPRIVATION_URL = "https://www.gov.uk/government/statistics/english-indices-of-deprivation-2025"
HOUSE_BUILDING_URL = "https://www.gov.uk/government/statistical-data-sets/live-tables-on-house-building"
NET_SUPPLY_URL = "https://www.gov.uk/government/statistical-data-sets/live-tables-on-net-supply-of-housing"
CERTIFICATES_URL = (
    "https://www.gov.uk/government/statistical-data-sets/live-tables-on-energy-performance-of-buildings-certificates"
)
RATES_URL = "https://www.gov.uk/government/collections/national-non-domestic-rates-collected-by-councils"


def sample_files(published: Path) -> list[SampleFile]:
    return [
        small_areas(published),
        district_summaries(published),
        house_building(published),
        net_additions(published),
        house_building_by_quarter(published),
        *certificates(published),
        *empty_property_relief(published),
    ]


# Indices of Deprivation, File 7: the rows that are at hand word for word, of which no share can be made


def small_areas(published: Path) -> SampleFile:
    header, *rows = csv_file_rows(published / "mhclg/indices_of_deprivation/File_7_IoD2025_sample_rows_verbatim.csv")
    district = header.index("Local Authority District code (2024)")
    return SampleFile(
        dataset="mhclg_indices_of_deprivation_file_7",
        file="mhclg/File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv",
        basis="published",
        published=dt.date(2025, 10, 30),
        kind="excerpt",
        url=DEPRIVATION_URL,
        citation="Ministry of Housing, Communities and Local Government, English Indices of Deprivation 2025, File 7, "
        "30 October 2025",
        note="six of 33,755 small areas, all in Liverpool: no share of an authority follows from them",
        content=csv_file([header, *(row for row in rows if row[district] in home_authorities(published))]),
    )


# Indices of Deprivation, File 10: average rank, average score and share of the home authorities

# Sheet -> (name in its headers, columns of the re-cut)
DOMAINS = {
    "IMD": ("IMD", "imd"),
    "Income": ("Income", "income"),
    "Employment": ("Employment", "employment"),
    "Education": ("Education, Skills and Training", "education_skills_and_training"),
    "Health": ("Health Deprivation and Disability", "health_deprivation_and_disability"),
    "Crime": ("Crime", "crime"),
    "Barriers": ("Barriers to Housing and Services", "barriers_to_housing_and_services"),
    "Living": ("Living Environment", "living_environment"),
}
SHARE = "proportion_of_lso_as_in_most_deprived_10_percent_nationally"


def district_summaries(published: Path) -> SampleFile:
    recut = csv_rows(published / "mhclg/indices_of_deprivation/humaniverse_imd2025_england_ltla24.csv")
    districts = [row for row in recut if row["ltla24_code"] in home_authorities(published)]
    sheets: dict[str, Rows] = {
        "Notes": [["English Indices of Deprivation 2025: local authority district summaries"]],
    }
    for sheet, (name, column) in DOMAINS.items():
        header: list[Cell] = [
            "Local Authority District code (2024)",
            "Local Authority District name (2024)",
            f"{name} - Average rank ",
            f"{name} - Rank of average rank ",
            f"{name} - Average score ",
            f"{name} - Rank of average score ",
            f"{name} - Proportion of LSOAs in most deprived 10% nationally ",
            f"{name} - Rank of proportion of LSOAs in most deprived 10% nationally ",
        ]
        measures = ("average_rank", "rank_of_average_rank", "average_score", "rank_of_average_score", SHARE)
        rows: list[list[Cell]] = [
            [
                *(row["ltla24_code"], row["ltla24_name"]),
                *(number(row[f"{column}_{measure}"]) for measure in (*measures, f"rank_of_{SHARE}")),
            ]
            for row in districts
        ]
        sheets[sheet] = [header, *rows]
    return SampleFile(
        dataset="mhclg_indices_of_deprivation_file_10",
        file="mhclg/File_10_-_IoD2025_Local_Authority_District_Summaries__lower-tier__v2.xlsx",
        basis="published",
        published=dt.date(2025, 11, 17),
        kind="reconstructed",
        url=DEPRIVATION_URL,
        citation="Ministry of Housing, Communities and Local Government, English Indices of Deprivation 2025, File 10 "
        "version 2, 17 November 2025 (the correction did not touch the city region)",
        note="six authorities of the home area; extent, local concentration and scale are not carried",
        content=workbook(sheets),
    )


# Live Table 253: one sheet of each layout and the years since 2011-12


def house_building(published: Path) -> SampleFile:
    path = published / "mhclg/house_building/LiveTable253.xlsx"
    years = ["9798", "2008-09", "2010-11", *(f"20{year}-{year + 1}" for year in range(11, 21))]
    sheets = {year: _of_members(sheet_rows(path, year), member_authorities(published)) for year in years}
    return SampleFile(
        dataset="mhclg_live_table_253",
        file="mhclg/LiveTable253.xlsx",
        basis="published",
        published=dt.date(2022, 3, 10),
        kind="whole",
        url=HOUSE_BUILDING_URL,
        citation="Department for Levelling Up, Housing and Communities (now MHCLG), Live Table 253, 10 March 2022",
        note="13 of 41 years; members of combined authorities and regions",
        content=workbook(sheets),
    )


# Live Table 122


def net_additions(published: Path) -> SampleFile:
    path = published / "mhclg/net_supply/Live_Table_122_2020-21_edition.ods"
    return SampleFile(
        dataset="mhclg_live_table_122",
        file="mhclg/Live_Table_122.ods",
        basis="published",
        published=dt.date(2021, 11, 25),
        kind="whole",
        url=NET_SUPPLY_URL,
        citation="Department for Levelling Up, Housing and Communities (now MHCLG), Live Table 122, net additional "
        "dwellings by local authority district, 25 November 2021",
        note="members of combined authorities and England",
        content=open_document({"LT122": _of_members(sheet_rows(path, "LT122"), member_authorities(published))}),
    )


def _of_members(rows: list[list[Any]], members: set[str]) -> Rows:
    """Everything down to the header, then the coded rows of members, regions and England."""
    header = next(at for at, row in enumerate(rows) if any(_text(cell) == "Current ONS code" for cell in row))
    column = next(at for at, cell in enumerate(rows[header]) if _text(cell) == "Current ONS code")
    kept = [row for row in rows[header + 1 :] if _is_carried(_text(row[column]), members)]
    return [*rows[: header + 1], *kept]


def _is_carried(code: str, members: set[str]) -> bool:
    return code in members or code.startswith(("E12", "E92"))


def _text(cell: object) -> str:
    return re.sub(r"\s+", " ", str(cell)).strip()


# Live Table 253a, in the layout of the workbooks to 2021


def house_building_by_quarter(published: Path) -> SampleFile:
    tenures = ("Private Enterprise", "Housing Associations", "Local Authority", "All")
    header: list[Cell] = ["DLUHC code", "Former ONS code", "Current ONS code", "Lower and Single Tier Authority Data"]
    rows: Rows = [
        ["Table 253a Housebuilding: permanent dwellings started and completed, by tenure and district"],
        [*[""] * len(header), "Dwellings started", "", "", "", "", "Dwellings completed"],
        [*header, *tenures, "", *tenures],
        *(
            ["", "", code, name, *_dwellings(100 * SCALE[code]), "", *_dwellings(80 * SCALE[code])]
            for code, name in home_authorities(published).items()
        ),
    ]
    return _illustrative(
        "mhclg_live_table_253a",
        "LiveTable253a.illustrative.ods",
        HOUSE_BUILDING_URL,
        open_document({f"2025 Q{quarter}": rows for quarter in range(1, 5)}),
    )


def _dwellings(number: int) -> list[Cell]:
    """Eight of ten private, two of housing associations, all."""
    return [number * 8 // 10, number * 2 // 10, 0, number]


# Live tables A and D1: certificates by rating, and the row of all years above the quarters

CERTIFICATES = {
    "A": ("Non-Domestic", {"A+": 1, "A": 4, "B": 15, "C": 40, "D": 30, "E": 8, "F": 1, "G": 1}),
    "D1": ("Domestic", {"A": 10, "B": 140, "C": 450, "D": 300, "E": 80, "F": 15, "G": 5}),
}
QUARTERS = ("2025/3", "2025/4")


def certificates(published: Path) -> list[SampleFile]:
    return [_certificates(published, table, *described) for table, described in CERTIFICATES.items()]


def _certificates(published: Path, table: str, kind: str, ratings: dict[str, int]) -> SampleFile:
    lodged = sum(ratings.values())
    columns = ("Local Authority Code", "Region", "Quarter", "Number Lodgements", "Total Floor Area (m2)")
    rows: Rows = [
        [f"{table}- {kind} Properties by Local Authority by Energy Performance Rating - in each Year/Quarter"],
        [],
        ["Source: Energy Performance Certificates for Buildings Register"],
        [*columns, *ratings, "Not Recorded"],
        *(
            _lodged(code, name, quarter, [n * times * SCALE[code] for n in (lodged, 100 * lodged, *ratings.values())])
            for code, name in home_authorities(published).items()
            for quarter, times in (("", len(QUARTERS)), *((quarter, 1) for quarter in QUARTERS))
        ),
    ]
    return _illustrative(
        "mhclg_epc_live_tables",
        f"{table}-_{kind}_Properties.illustrative.ods",
        CERTIFICATES_URL,
        open_document({f"{table}_by_LA": rows}),
        part=table,
    )


def _lodged(code: str, name: str, quarter: str, numbers: list[int]) -> list[Cell]:
    return [code, name, quarter, *numbers, 0]


# NNDR3: values and what their fields mean. The name of the field of the relief is invented too: it is not known.

RELIEF_FIELD = "unocc_empty_tot"


def empty_property_relief(published: Path) -> list[SampleFile]:
    header = ["Ecode", "Local_Authority", "OrgType", "OrgRegion", "ONSCode", "FormStatus", "netrates_tot", RELIEF_FIELD]
    values: list[list[Cell]] = [
        [f"E{number:04}", name, "UA", "NW", code, "P", 20_000_000 * SCALE[code], -1_000_000 * SCALE[code]]
        for number, (code, name) in enumerate(home_authorities(published).items(), start=1)
    ]
    fields = [
        ["Variable name", "Description"],
        ["netrates_tot", "Net rates payable (Total)"],
        [RELIEF_FIELD, "Empty premises (Total)"],
    ]
    return [
        _illustrative("mhclg_nndr3", "nndr3_25_26.illustrative.csv", RATES_URL, csv_file([header, *values])),
        _illustrative("mhclg_nndr3", "nndr3_25_26_meta.illustrative.csv", RATES_URL, csv_file(fields), part="meta"),
    ]


def _illustrative(dataset: str, name: str, url: str, content: bytes, part: str = "") -> SampleFile:
    return SampleFile(
        dataset=dataset,
        part=part,
        file=f"mhclg/{name}",
        basis="illustrative",
        published=NOT_A_RELEASE,
        kind="excerpt",
        url=url,
        citation="none: invented round figures in the table's format",
        note=ILLUSTRATIVE_NOTE,
        content=content,
    )
