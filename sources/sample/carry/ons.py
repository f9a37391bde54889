"""ONS: Explore Local Statistics, business demography, healthy life expectancy, house building, GVA, areas."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from sources.sample.carry.files import Cell, Formula, Rows, SampleFile, csv_file, workbook
from sources.sample.carry.nomis import ILLUSTRATIVE_CITATION, ILLUSTRATIVE_NOTE, NOT_A_RELEASE
from sources.sample.carry.published import (
    FORMER_METROPOLITAN_COUNTY,
    HOME_AREA,
    Row,
    csv_rows,
    home_authorities,
    lookup,
    member_authorities,
    number,
    recut_rows,
    sheet_rows,
)

ENGLAND, UNITED_KINGDOM, GREAT_BRITAIN, NORTH_WEST = "E92000001", "K02000001", "K03000001", "E12000002"
# England and the United Kingdom as productivity is published for them.
ITL_ENGLAND, UNITED_KINGDOM_LESS_EXTRA_REGIO = "TLB", "K99000002"
EXCERPT_COVER = "This file carries published figures for some areas only, in the layout of the release it cites."


def sample_files(published: Path) -> list[SampleFile]:
    return [
        explore_local_statistics(published),
        business_demography(published),
        healthy_life_expectancy(published),
        house_building(published),
        gva_by_local_authority(published),
        combined_authority_lookup(published),
        regional_gdp(published),
        itl_productivity(published),
        higher_education_research(),
        local_authority_outlines(),
        combined_authority_outlines(),
    ]


# Explore Local Statistics: the bulk CSV

BULK_COLUMNS = (
    "indicator",
    "areacd",
    "areanm",
    "period",
    "sex",
    "age",
    "value",
    "lci_95",
    "uci_95",
    "status",
)
HOME_PERIODS = 10  # newest periods carried for the home area, its authorities and the national comparators
OTHER_PERIODS = 3  # the same for the other combined authorities
LONG_SERIES = {"healthy-life-expectancy": 12}  # three-year windows: twelve give four that do not overlap


def explore_local_statistics(published: Path) -> SampleFile:
    folder = published / "ons/explore_local_statistics"
    slugs = {
        (row["dataset"], row["code"]): row["slug"]
        for row in csv_rows(published / "ons/explore_local_statistics_app/manifest_metadata.csv")
        if row["slug"]
    }
    comparators = {ENGLAND, UNITED_KINGDOM, GREAT_BRITAIN, NORTH_WEST, ITL_ENGLAND, UNITED_KINGDOM_LESS_EXTRA_REGIO}
    home = {*home_authorities(published), HOME_AREA, *comparators}
    # One file gives combined authorities twice, as such and as "ITL Level 2", with the same figures.
    rows = {
        bulk_row
        for file in sorted(folder.glob("*.csv"))
        for bulk_row in _bulk_rows(csv_rows(file), file.stem, slugs, home)
    }
    return SampleFile(
        dataset="ons_explore_local_statistics",
        file="ons/all-datasets.csv",
        basis="published",
        published=dt.date(2026, 6, 26),
        kind="excerpt",
        url="https://www.ons.gov.uk/explore-local-statistics/files/all-datasets.csv",
        citation="Office for National Statistics, Explore Local Statistics, data as of 26 June 2026",
        note=f"newest {HOME_PERIODS} periods of the home area, its authorities and their comparators; "
        f"newest {OTHER_PERIODS} of the other combined authorities",
        content=csv_file([BULK_COLUMNS, *sorted(rows)]),
    )


def _bulk_rows(
    rows: list[dict[str, str]], dataset: str, slugs: dict[tuple[str, str], str], home: set[str]
) -> Iterable[tuple[str, ...]]:
    newest: dict[str, list[str]] = {}
    for indicator in {row["indicator"] for row in rows}:
        periods = {row["period"] for row in rows if row["indicator"] == indicator}
        newest[indicator] = sorted(periods, reverse=True)
    for row in rows:
        is_home = row["areacd"] in home
        if not (is_home or row["areacd"].startswith("E47")):
            continue
        limit = LONG_SERIES.get(dataset, HOME_PERIODS) if is_home else OTHER_PERIODS
        if row["period"] in newest[row["indicator"]][:limit]:
            yield (
                slugs[dataset, row["indicator"]],
                row["areacd"],
                row["areanm"],
                row["period"],
                "",
                "",
                *(row[name] for name in ("observation", "lci_95", "uci_95", "status")),
            )


# Business demography

HEADER_ROW = 4
BIRTHS_COLUMN, FIVE_YEAR_COLUMN = 2, 11
DISTRICT_SHEETS = [f"Table {n}.1{letter}" for n in (1, 2, 3) for letter in "abcd"]
SURVIVAL_SHEETS = [f"Table 5.1{letter}" for letter in "abcde"]


def business_demography(published: Path) -> SampleFile:
    source = published / "ons/business_demography/businessdemographyexceltables2024.xlsx"
    keep = member_authorities(published) | {FORMER_METROPOLITAN_COUNTY}
    sheets: dict[str, Rows] = {
        "Cover": [
            ["Business Demography 2024"],
            [EXCERPT_COVER],
            ["Date of publication: 20th November 2025"],
        ]
    }
    for name in [*DISTRICT_SHEETS, *SURVIVAL_SHEETS]:
        rows = sheet_rows(source, name)
        carried = [*rows[:HEADER_ROW], *(row for row in rows[HEADER_ROW:] if _is_carried(row[0], keep))]
        sheets[name] = [[*row, None] for row in carried]  # the stray empty column at the right
    sheets["Table 5.1a"] = _with_formulas(sheets["Table 5.1a"])
    return SampleFile(
        dataset="ons_business_demography",
        file="ons/businessdemographyexceltables2024.xlsx",
        basis="published",
        published=dt.date(2025, 11, 20),
        kind="whole",
        url="https://www.ons.gov.uk/businessindustryandtrade/business/activitysizeandlocation/datasets/businessdemographyreferencetable",
        citation="Office for National Statistics, Business demography, UK: 2024, 20 November 2025, "
        "tables 1.1, 2.1, 3.1 and 5.1",
        note="countries, regions, members of combined authorities and the former county of Merseyside",
        content=workbook(sheets),
    )


def _is_carried(code: str, keep: set[str]) -> bool:
    return code.strip() in keep or code.startswith(("K0", "E92", "E12", "W92", "S92", "N92"))


def _with_formulas(rows: Rows) -> Rows:
    """The 2019 cohort's five-year rate is a formula in the published sheet, not a value."""
    written: list[list[Cell]] = []
    for number_in_sheet, row in enumerate(rows, start=1):
        cells = list(row)
        rate = cells[FIVE_YEAR_COLUMN + 1]
        if number_in_sheet > HEADER_ROW and isinstance(rate, int | float):
            text = f"=L{number_in_sheet}/C{number_in_sheet}*100"
            cells[FIVE_YEAR_COLUMN + 1] = Formula(text, rate)
        written.append(cells)
    return written


# Healthy life expectancy

HLE_NUMBERS = ("Sex code", "Age code", "HLE", "LCI", "UCI", "Proportion (%)")


def healthy_life_expectancy(published: Path) -> SampleFile:
    rows = csv_rows(published / "ons/healthy_life_expectancy/HealthyLifeExpectancyLCR.csv")
    header = list(rows[0])
    table: Rows = [
        ["1: Healthy life expectancy by sex, age group, area and three-year period"],
        ["This worksheet contains one table."],
        [EXCERPT_COVER],
        ["HLE: healthy life expectancy in years. LCI, UCI: 95% confidence limits."],
        ["Official statistics in development."],
        ["Source: Office for National Statistics"],
        header,
        *([number(row[name]) if name in HLE_NUMBERS else row[name] for name in header] for row in rows),
    ]
    return SampleFile(
        dataset="ons_healthy_life_expectancy",
        file="ons/healthylifeexpectancyuk.xlsx",
        basis="published",
        published=dt.date(2026, 2, 19),
        kind="excerpt",
        url="https://www.ons.gov.uk/peoplepopulationandcommunity/healthandsocialcare/healthandlifeexpectancies/datasets/healthstatelifeexpectancyallagesuk",
        citation="Office for National Statistics, Health state life expectancy, all ages, UK, 2011-13 to "
        "2022-24, 19 February 2026",
        note="healthy life expectancy at birth, six authorities of the home area, England and Wales",
        content=workbook({"Cover": [["Health state life expectancy, all ages, UK"]], "1": table}),
    )


# House building

HOUSE_BUILDING_TITLE_ROWS = 5
HOUSE_BUILDING_TABLES = {
    "UK_Starts": "House building starts: permanent dwellings started, by local authority area, "
    "United Kingdom, financial year",
    "UK_Completions": "House building completions: permanent dwellings completed, by local authority area, "
    "United Kingdom, financial year",
}


def house_building(published: Path) -> SampleFile:
    source = published / "ons/house_building/uklocalauthorityhousebuilding.hssn20.xlsx"
    keep = member_authorities(published)
    sheets: dict[str, Rows] = {"Metadata": [["-    Less than 5 dwellings"], ["..   Not available"], [EXCERPT_COVER]]}
    for name, title in HOUSE_BUILDING_TABLES.items():
        rows = sheet_rows(source, name)
        header = next(row for row in rows if row[0] == "Local Authority Code")
        above: list[Row] = [[title], *([""] for _ in range(HOUSE_BUILDING_TITLE_ROWS - 1))]
        sheets[name] = [*above, header, *(row for row in rows if row[0].strip() in keep)]
    return SampleFile(
        dataset="ons_house_building",
        file="ons/uklocalauthorityhousebuilding.xlsx",
        basis="published",
        published=dt.date(2024, 3, 14),
        kind="whole",
        url="https://www.ons.gov.uk/peoplepopulationandcommunity/housing/datasets/housebuildingukpermanentdwellingsstartedandcompletedbylocalauthority",
        citation="Office for National Statistics, House building, UK: permanent dwellings started and "
        "completed by local authority, 2009-10 to 2022-23",
        note="members of combined authorities. The edition's release date is not known: the date is that of "
        "the workbook read. Its completions sheet had its layout, not its figures, edited by a third party; "
        "the published layout is restored here",
        content=workbook(sheets),
    )


# GVA by local authority and industry: the North West workbook

SECTIONS = (
    "Total",
    "AB (1-9)",
    "C (10-33)",
    "DE (35-39)",
    "F (41-43)",
    "G (45-47)",
    "H (49-53)",
    "I (55-56)",
    "J (58-63)",
    "K (64-66)",
    "L (68)",
    "M (69-75)",
    "N (77-82)",
    "O (84)",
    "P (85)",
    "Q (86-88)",
    "R (90-93)",
    "S (94-96)",
    "T (97-98)",
)
NORTH_WEST_AUTHORITIES = (
    *("E06000006", "E06000007", "E06000008", "E06000009", "E06000049", "E06000050", "E06000063", "E06000064"),
    *(f"E070001{n}" for n in range(17, 29)),
    *(f"E080000{n:02}" for n in range(1, 16)),
)
GVA_TITLE = "Gross value added (balanced) by industry: local authorities in the North West"
GVA_TABLES = {
    "Table 1": ("CVM Index", "chained volume measures, index 2022 = 100"),
    "Table 2": ("GVA Constant Prices £m", "chained volume measures in 2022 money value, pounds million"),
    "Table 3": ("GVA Current Prices £m", "current price estimates, pounds million"),
    "Table 4": ("Implied deflator", "implied deflators, 2022 = 100"),
}


def gva_by_local_authority(published: Path) -> SampleFile:
    home = set(home_authorities(published))
    values = recut_rows(
        published / "ons/gva_by_local_authority/RGVA_LAD.parquet",
        [("geography.code", "in", NORTH_WEST_AUTHORITIES), ("industry.code", "in", SECTIONS)],
    )
    series: dict[tuple[str, str, str], dict[int, Cell]] = {}
    names: dict[str, str] = {}
    for row in values:
        area, industry = row["geography.code"], row["industry.code"]
        names |= {area: row["geography.name"], industry: row["industry.name"]}
        year = int(str(row["dates.date"])[:4])
        series.setdefault((row["variable.name"], area, industry), {})[year] = number(str(row["value"]))
    sheets = {
        sheet: _gva_table(f"{sheet}: {GVA_TITLE}, {text}", variable, series, names, home)
        for sheet, (variable, text) in GVA_TABLES.items()
    }
    return SampleFile(
        dataset="ons_gva_by_local_authority",
        file="ons/regionalgvabalancedbyindustrylocalauthoritiesnorthwest.xlsx",
        basis="published",
        published=dt.date(2025, 4, 17),
        kind="whole",
        url="https://www.ons.gov.uk/economy/grossdomesticproductgdp/datasets/regionalgrossvalueaddedbalancedbyindustrylocalauthoritiesbyitl1region",
        citation="Office for National Statistics, Regional gross value added (balanced) by industry: "
        "local authorities by ITL1 region, 1998 to 2023, 17 April 2025",
        note="North West; industry sections for the home area in pounds, all industries elsewhere; the sheet "
        "names and titles of the published workbook are not known, its columns are",
        content=workbook(sheets),
    )


def _gva_table(
    title: str,
    variable: str,
    series: dict[tuple[str, str, str], dict[int, Cell]],
    names: dict[str, str],
    home: set[str],
) -> Rows:
    years = sorted({year for values in series.values() for year in values})
    rows: list[list[Cell]] = [
        [title],
        ["ITL region", "LA code", "LA name", "SIC07", "SIC07 description", *years],
    ]
    for area in NORTH_WEST_AUTHORITIES:
        industries = SECTIONS if area in home and variable.endswith("£m") else SECTIONS[:1]
        for industry in industries:
            values = series[variable, area, industry]
            rows.append(
                [
                    "North West",
                    area,
                    names[area],
                    industry,
                    names[industry],
                    *(values[year] for year in years),
                ]
            )
    return rows


# Open Geography lookup


def combined_authority_lookup(published: Path) -> SampleFile:
    names = ("LAD25CD", "LAD25NM", "CAUTH25CD", "CAUTH25NM", "ObjectId")
    rows = lookup(published)
    reply = {
        "objectIdFieldName": "ObjectId",
        "fields": [
            {"name": name, "alias": name, "type": f"esriFieldType{'OID' if name == 'ObjectId' else 'String'}"}
            for name in names
        ],
        "features": [
            {"attributes": {name: int(row[name]) if name == "ObjectId" else row[name] for name in names}}
            for row in rows
        ],
    }
    return SampleFile(
        dataset="ons_lad_cauth_lookup",
        file="ons/LAD25_CAUTH25_EN_LU.json",
        basis="published",
        published=dt.date(2025, 5, 1),
        kind="whole",
        url="https://services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services/LAD25_CAUTH25_EN_LU/FeatureServer/0/query",
        citation="Office for National Statistics, Open Geography portal, Local Authority District to "
        "Combined Authority (May 2025) Lookup in EN",
        note="every row; the day of release is not known, only the month",
        content=json.dumps(reply, ensure_ascii=False, indent=None, separators=(",", ":")).encode(),
    )


# Open Geography boundaries: outlines of our own in the publisher's reply, squares of a grid that lies about where the
# city region lies

OUTLINE_WEST, OUTLINE_SOUTH = -3.2, 53.3  # of the grid, in degrees
SQUARE_WIDTH, SQUARE_HEIGHT = 0.14, 0.09
SQUARES = {  # columns from the west, rows from the south
    "E06000006": ("Halton", 3, 0),
    "E08000011": ("Knowsley", 2, 1),
    "E08000012": ("Liverpool", 1, 1),
    "E08000013": ("St. Helens", 3, 1),
    "E08000014": ("Sefton", 1, 2),
    "E08000015": ("Wirral", 0, 1),
}
Corners = tuple[tuple[int, int], ...]
# Around all six, corner by corner.
REGION_CORNERS: Corners = ((0, 1), (3, 1), (3, 0), (4, 0), (4, 2), (2, 2), (2, 3), (1, 3), (1, 2), (0, 2))


def local_authority_outlines() -> SampleFile:
    outlines = {
        code: (name, ((x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1))) for code, (name, x, y) in SQUARES.items()
    }
    return _outlines("UK", "LAD", outlines)


def combined_authority_outlines() -> SampleFile:
    return _outlines("EN", "CAUTH", {HOME_AREA: ("Liverpool City Region", REGION_CORNERS)})


def _outlines(part: str, prefix: str, outlines: Mapping[str, tuple[str, Corners]]) -> SampleFile:
    """A reply of the feature service with these outlines; corners run anticlockwise, as GeoJSON asks for."""
    reply = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "EPSG:4326"}},
        "features": [
            {
                "type": "Feature",
                "id": number,
                "geometry": {"type": "Polygon", "coordinates": [[_position(*at) for at in (*corners, corners[0])]]},
                "properties": {"FID": number, f"{prefix}25CD": code, f"{prefix}25NM": name},
            }
            for number, (code, (name, corners)) in enumerate(outlines.items(), start=1)
        ],
    }
    return SampleFile(
        dataset="ons_boundaries",
        part=part,
        file=f"ons/{prefix}_{part}_BUC.illustrative.json",
        basis="illustrative",
        published=NOT_A_RELEASE,
        kind="excerpt",
        url="https://geoportal.statistics.gov.uk/",
        citation="none: invented squares in the reply's format",
        note="squares that touch as the authorities do, drawn for this sample; no true boundary",
        content=json.dumps(reply, ensure_ascii=False, separators=(",", ":")).encode(),
    )


def _position(x: int, y: int) -> list[float]:
    return [round(OUTLINE_WEST + x * SQUARE_WIDTH, 5), round(OUTLINE_SOUTH + y * SQUARE_HEIGHT, 5)]


# Regional GDP by local authority

# Read: gross value added, gross domestic product, its chained volume. Beside them tables that must not be taken for
# those: subsidies, per head, chained volume per head. `Table 4 ` has its blank in the published workbook too.
GDP_TABLES = ("Table 1", "Table 4 ", "Table 5", "Table 7", "Table 10", "Table 11")


def regional_gdp(published: Path) -> SampleFile:
    source = published / "ons/gdp_by_local_authority/regionalgrossdomesticproductlocalauthorities.mysociety.xlsx"
    keep = member_authorities(published)
    sheets: dict[str, Rows] = {"Information": [["Regional gross domestic product (GDP)"], [EXCERPT_COVER]]}
    for name in GDP_TABLES:
        rows = sheet_rows(source, name)
        sheets[name] = [row for at, row in enumerate(rows) if at < 2 or row[1] in keep or not row[1]]  # noqa: PLR2004
    return SampleFile(
        dataset="ons_regional_gdp",
        file="ons/regionalgrossdomesticproductlocalauthorities.xlsx",
        basis="published",
        published=dt.date(2021, 6, 11),
        kind="whole",
        url="https://www.ons.gov.uk/economy/grossdomesticproductgdp/datasets/regionalgrossdomesticproductlocalauthorities",
        citation="Office for National Statistics, Regional gross domestic product: local authorities, 1998 to 2019, "
        "26 May 2021, corrected 11 June 2021, tables 1, 4, 5, 7, 10 and 11",
        note="members of combined authorities, present and earlier",
        content=workbook(sheets),
    )


# Labour productivity by International Territorial Level

ITL_TABLES = ("A1", "A3", "B3")  # A1, the index, is there not to be read
ITL_HEAD = 5


def itl_productivity(published: Path) -> SampleFile:
    source = published / "ons/itl_productivity/itlproductivity.xlsx"
    sheets: dict[str, Rows] = {"Contents": [["Summary"], [EXCERPT_COVER]]}
    for name in ITL_TABLES:
        rows = sheet_rows(source, name)
        sheets[name] = [
            row for at, row in enumerate(rows) if at < ITL_HEAD or row[0] != "ITL3" or row[1].startswith("TLD7")
        ]
    return SampleFile(
        dataset="ons_itl_productivity",
        file="ons/itlproductivity.xlsx",
        basis="published",
        published=dt.date(2023, 6, 1),
        kind="excerpt",
        url="https://www.ons.gov.uk/employmentandlabourmarket/peopleinwork/labourproductivity/datasets/subregionalproductivitylabourproductivitygvaperhourworkedandgvaperfilledjobindicesbyuknuts2andnuts3subregions",
        citation="Office for National Statistics, Subregional productivity, June 2023 release, tables A1, A3 and B3",
        note="levels 1 and 2, and level 3 in the home area; the day of release is not known, only the month",
        content=workbook(sheets),
    )


# Expenditure on research and development: no published figure of the workbook was at hand


def higher_education_research() -> SampleFile:
    """Sheet 5 of the workbook, with invented round figures."""
    sectors: list[Cell] = ["Government and UKRI", "Higher education", "Business", "Private non-profit", "Total"]
    rows: list[list[Cell]] = [
        ["Table 5: ILLUSTRATIVE expenditure on research and development by country or region, 2023"],
        ["Current prices, £ million"],
        ["Country or region", *sectors],
        ["United Kingdom", 1_000, 10_000, 40_000, 1_000, 52_000],
        ["North West", 100, 1_000, 4_000, 100, 5_200],
    ]
    return SampleFile(
        dataset="ons_gerd",
        file="ons/gerd.illustrative.xlsx",
        basis="illustrative",
        published=NOT_A_RELEASE,
        kind="excerpt",
        url="https://www.ons.gov.uk/economy/governmentpublicsectorandtaxes/researchanddevelopmentexpenditure/datasets/"
        "ukgrossdomesticexpenditureonresearchanddevelopment2021designatedasofficialstatistics",
        citation=ILLUSTRATIVE_CITATION.replace("reply", "workbook"),
        note=ILLUSTRATIVE_NOTE,
        content=workbook({"Cover_sheet": [["ILLUSTRATIVE"]], "5": rows}),
    )
