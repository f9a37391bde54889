"""DESNZ: greenhouse gas emissions, Household Energy Efficiency T4.4, renewable electricity, final energy."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from sources.sample.carry.files import Cell, Rows, SampleFile, csv_file, workbook
from sources.sample.carry.nomis import ILLUSTRATIVE_CITATION, ILLUSTRATIVE_NOTE, NOT_A_RELEASE, SCALE
from sources.sample.carry.published import (
    csv_rows,
    home_authorities,
    member_authorities,
    number,
    sheet_rows,
)

HEE_WORKBOOK = "desnz/household_energy_efficiency/Headline_HEE_tables_February_2026.xlsx"
HALTON, WIRRAL = "E06000006", "E08000015"


def sample_files(published: Path) -> list[SampleFile]:
    return [
        greenhouse_gas_emissions(published),
        household_energy_efficiency(published),
        renewable_electricity(published),
        renewable_electricity_illustrative(published),
        final_energy_consumption_illustrative(published),
    ]


# Greenhouse gas emissions: the long CSV

EMISSION_COLUMNS = (
    "Country",
    "Country Code",
    "Region",
    "Region Code",
    "Second Tier Authority",
    "Local Authority",
    "Local Authority Code",
    "Calendar Year",
    "LA GHG Sector",
    "LA GHG Sub-sector",
    "Greenhouse gas",
    "Territorial emissions (kt CO2e)",
    "Emissions within the scope of influence of LAs (kt CO2)",
    "Mid-year Population (thousands)",
    "Area (km2)",
)
SECTORS = {
    "agriculture": "Agriculture",
    "commercial": "Commercial",
    "domestic": "Domestic",
    "industry": "Industry",
    "lulucf": "LULUCF",
    "publicSector": "Public Sector",
    "transport": "Transport",
    "waste": "Waste",
}


def greenhouse_gas_emissions(published: Path) -> SampleFile:
    rows = csv_rows(published / "desnz/ghg_emissions/ghg-lad-2005-2024.EXCERPT-LCR.csv")
    lines = [
        [
            *("England", "E92000001", "North West", "E12000002"),
            row["ladName"] if row["ladCode"] == HALTON else "Merseyside (Met County)",
            *(row["ladName"], row["ladCode"], row["year"], sector, "All sub-sectors", "All gases"),
            *(row[column], "", row["populationThousands"], row["areaKm2"]),
        ]
        for row in rows
        for column, sector in SECTORS.items()
    ]
    return SampleFile(
        dataset="desnz_ghg_emissions",
        file="desnz/2005-24-local-authority-ghg-emissions-csv-dataset.csv",
        basis="published",
        published=dt.date(2026, 6, 25),
        kind="reconstructed",
        url="https://www.gov.uk/government/collections/uk-local-authority-and-regional-greenhouse-gas-emissions-statistics",
        citation="Department for Energy Security and Net Zero, UK local authority and regional greenhouse "
        "gas emissions statistics, 2005 to 2024, 25 June 2026",
        note="six authorities of the home area; sector totals as carried, so one row per sector with "
        "sub-sector 'All sub-sectors' and gas 'All gases'; emissions within the scope of influence "
        "are not carried",
        content=csv_file([EMISSION_COLUMNS, *lines]),
    )


# Household Energy Efficiency: T4.4

HEE_HEADER = "Area codes"


def household_energy_efficiency(published: Path) -> SampleFile:
    rows = sheet_rows(published / HEE_WORKBOOK, "T4.4")
    keep = member_authorities(published)
    header = next(i for i, row in enumerate(rows) if row[0] == HEE_HEADER)
    notes = next(i for i, row in enumerate(rows) if str(row[0]).startswith("[n1]"))
    areas = [row for row in rows[header + 1 : notes] if _is_wide(row[0]) or row[0].strip() in keep]
    sheets: dict[str, Rows] = {
        "Title": [
            ["Household Energy Efficiency Statistics"],
            ["This file carries published figures for some areas only."],
            ["This workbook was updated on:", "26 February 2026"],
        ],
        "T4.4": [*rows[: header + 1], *areas, *rows[notes:]],
    }
    return SampleFile(
        dataset="desnz_household_energy_efficiency",
        file="desnz/Headline_HEE_tables_February_2026.xlsx",
        basis="published",
        published=dt.date(2026, 2, 26),
        kind="whole",
        url="https://www.gov.uk/government/collections/household-energy-efficiency-national-statistics",
        citation="Department for Energy Security and Net Zero, Household Energy Efficiency Statistics, "
        "headline release February 2026, 26 February 2026, table 4.4",
        note="Great Britain, nations, regions, former metropolitan counties and members of combined authorities",
        content=workbook(sheets),
    )


def _is_wide(code: str) -> bool:
    return code.startswith(("K0", "E92", "W92", "S92", "E12", "E11"))


# Renewable electricity

TECHNOLOGIES = (
    "Photovoltaics",
    "Onshore Wind",
    "Hydro",
    "Anaerobic Digestion",
    "Offshore Wind",
    "Wave/Tidal",
    "Sewage Gas",
    "Landfill Gas",
    "Municipal Solid Waste",
    "Animal Biomass",
    "Plant Biomass",
    "Cofiring",
)
RENEWABLE_HEADER: tuple[Cell, ...] = (
    "Local Authority Code [note 1]",
    "Local Authority Name  [note 5][note 6][note 7] [note 8][note 9]",
    "Region",
    "Country",
    "Estimated number of households [note 2]",
    *TECHNOLOGIES,
    "Total",
)
RENEWABLES_URL = "https://www.gov.uk/government/statistics/regional-renewable-statistics"


def renewable_electricity(published: Path) -> SampleFile:
    recut = csv_rows(published / "desnz/renewable_electricity/renewable_electricity_generation_2018__264a2b3.csv")
    keep = member_authorities(published)
    regions = {str(row[0]).strip(): row[1] for row in sheet_rows(published / HEE_WORKBOOK, "T4.4") if row[1]}
    generation: dict[tuple[str, str], dict[str, int | float]] = {}
    for row in recut:
        if row["area_code"] in keep:
            area = generation.setdefault((row["area_code"], row["area_name"]), {})
            area[row["group"]] = number(row["value"])
    areas: list[list[Cell]] = [
        [
            *(code, name, regions.get(code), "England", None),
            *(values[technology] for technology in TECHNOLOGIES),
            round(sum(values.values()), 3),
        ]
        for (code, name), values in generation.items()
    ]
    return SampleFile(
        dataset="desnz_renewable_electricity",
        file="desnz/Renewable_electricity_by_local_authority_2014_to_2018.xlsx",
        basis="published",
        published=dt.date(2019, 9, 26),
        kind="reconstructed",
        url=RENEWABLES_URL,
        citation="Department for Business, Energy and Industrial Strategy (now DESNZ), Regional Renewable "
        "Statistics: Renewable electricity by local authority, 2014 to 2018, 26 September 2019",
        note="generation in 2018, members of combined authorities; Total is the sum of the technologies, "
        "none of which is suppressed in that year; households, sites and capacity are not carried",
        content=workbook({"Cover sheet": [["2014 - 2018"]], "LA - Generation, 2018": _generation_sheet(2018, areas)}),
    )


def _generation_sheet(year: int, areas: Rows) -> Rows:
    return [
        [f"Renewable electricity: Generation (MWh) by local authority, {year}"],
        ["This worksheet contains one table. Notes are in the notes sheet."],
        ["[X] marks a figure that is suppressed to avoid disclosure."],
        [f"Data for {year}"],
        RENEWABLE_HEADER,
        *areas,
    ]


# Invented; where [X] hides a cell, Total exceeds the sum of what shows, as in the published workbook.
SUPPRESSED = "[X]"
ILLUSTRATIVE_YEARS = (2022, 2023, 2024)
ILLUSTRATIVE_TOTAL = {HALTON: 200_000, WIRRAL: 300_000}
DIRTY_CODE = ("\tE06000063", "Cumberland")  # published with a leading tab
UNITED_KINGDOM_SCALE = 500


def renewable_electricity_illustrative(published: Path) -> SampleFile:
    sheets: dict[str, Rows] = {"Cover sheet": [["Illustrative figures, 2022 - 2024: invented"]]}
    for year in ILLUSTRATIVE_YEARS:
        sites = _illustrative_areas(published, {"Photovoltaics": 1_000, "Landfill Gas": 1})
        sheets[f"LA - Sites {year}"] = [
            [f"Renewable electricity: Number of sites by local authority, {year}"],
            ["Illustrative figures: invented."],
            ["This worksheet contains one table."],
            RENEWABLE_HEADER,
            *sites,
        ]
    for year in ILLUSTRATIVE_YEARS:
        sheets[f"LA - Capacity, {year}"] = [
            [f"Renewable electricity: Installed capacity (MW) by local authority, {year}"],
            ["Illustrative figures: invented."],
            ["This worksheet contains one table."],
            RENEWABLE_HEADER,
            *_illustrative_areas(published, {"Photovoltaics": 10, "Landfill Gas": 5}),
        ]
    for year in ILLUSTRATIVE_YEARS:
        per_scale = {"Photovoltaics": 5_000 + 1_000 * (year - 2022), "Landfill Gas": 5_000}
        areas = _illustrative_areas(published, per_scale, suppressed=True)
        sheets[f"LA - Generation, {year}"] = _generation_sheet(year, areas)
    return SampleFile(
        dataset="desnz_renewable_electricity",
        part="illustrative",
        file="desnz/Renewable_electricity_by_local_authority_2014_-_2024.illustrative.xlsx",
        basis="illustrative",
        published=NOT_A_RELEASE,
        kind="excerpt",
        url=RENEWABLES_URL,
        citation=ILLUSTRATIVE_CITATION.replace("reply", "workbook"),
        note=f"{ILLUSTRATIVE_NOTE}, but for Halton and Wirral with suppressed cells, whose Total exceeds what shows",
        content=workbook(sheets),
    )


def _illustrative_areas(published: Path, per_scale: dict[str, int], suppressed: bool = False) -> Rows:
    areas = [(code, name, SCALE[code]) for code, name in home_authorities(published).items()]
    rows: list[list[Cell]] = []
    for code, name, scale in [*areas, (*DIRTY_CODE, 2)]:
        cells: dict[str, Cell] = {technology: per_scale.get(technology, 0) * scale for technology in TECHNOLOGIES}
        total = sum(per_scale.values()) * scale
        if suppressed and code in ILLUSTRATIVE_TOTAL:
            total = ILLUSTRATIVE_TOTAL[code]
            cells |= (
                {"Offshore Wind": SUPPRESSED, "Onshore Wind": SUPPRESSED}
                if code == WIRRAL
                else {"Municipal Solid Waste": SUPPRESSED, "Plant Biomass": SUPPRESSED}
            )
        rows.append([code, name, "North West", "England", 50_000 * scale, *cells.values(), total])
    everything = sum(per_scale.values()) * UNITED_KINGDOM_SCALE
    rows.append(["Unallocated", None, None, None, None, *([0] * len(TECHNOLOGIES)), 0])
    rows.append(["Grand Total (UK)", None, None, None, None, *([None] * len(TECHNOLOGIES)), everything])
    return rows


# Sub-national total final energy consumption, ktoe per unit of scale

ENERGY_COLUMNS = {
    "Coal:\r\nDomestic": 1,
    "Manufactured\r\nfuels:\r\nDomestic\r\n[Note 3]": 1,
    "Gas:\r\nIndustrial,\r\nCommercial\r\nand other": 20,
    "Gas:\r\nDomestic": 40,
    "Gas: Total": 60,
    "Electricity:\r\nIndustrial,\r\nCommercial\r\nand other": 30,
    "Electricity:\r\nDomestic": 20,
    "Electricity: Total": 50,
    "Bioenergy \r\nand wastes:\r\nDomestic\r\n": 8,
    "All fuels: Total": 120,
}
ENERGY_YEARS = (2018, 2022, 2023, 2024)


def final_energy_consumption_illustrative(published: Path) -> SampleFile:
    wide = [("K02000001", "United Kingdom", "", 500), ("E92000001", "England", "", SCALE["E92000001"])]
    authorities = [(code, "North West", name, SCALE[code]) for code, name in home_authorities(published).items()]
    rows: list[list[Cell]] = [
        [code, region, name, *(ktoe * scale for ktoe in ENERGY_COLUMNS.values())]
        for code, region, name, scale in [*wide, *authorities]
    ]
    header: list[Cell] = ["Code", "Country or\r\nregion", "Local authority", *ENERGY_COLUMNS]
    sheets: dict[str, Rows] = {"Cover Sheet": [["Illustrative figures: invented"]]}
    for year in ENERGY_YEARS:
        sheets[str(year)] = [
            [f"Sub-national total final energy consumption, {year}"],
            ["This worksheet contains one table. Some cells refer to notes."],
            ["Illustrative figures: invented."],
            ["Units: thousands of tonnes of oil equivalent (ktoe)"],
            [""],
            header,
            *rows,
        ]
    return SampleFile(
        dataset="desnz_final_energy_consumption",
        file="desnz/Subnational_total_final_energy_consumption_2005_2024.illustrative.xlsx",
        basis="illustrative",
        published=NOT_A_RELEASE,
        kind="excerpt",
        url="https://www.gov.uk/government/collections/total-final-energy-consumption-at-sub-national-level",
        citation=ILLUSTRATIVE_CITATION.replace("reply", "workbook"),
        note=ILLUSTRATIVE_NOTE,
        content=workbook(sheets),
    )
