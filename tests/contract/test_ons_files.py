"""The real ONS files: every one is read, and says what its publisher says (`golden` figures read off the files)."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from loopback import loopback_session
from pytest_httpserver import HTTPServer

from sources.catalogue import Dataset, load_catalogue
from sources.errors import PayloadError
from sources.http import PoliteSession
from sources.publishers.ons import discover
from sources.readers import PROVENANCE, SourceFile, read_release
from tests.home import HOME_AUTHORITIES

pytestmark = pytest.mark.published

HALTON, KNOWSLEY, LIVERPOOL, ST_HELENS, SEFTON, WIRRAL = HOME_AUTHORITIES
LCR = "E47000004"
REGIONAL_PARTS = {
    "foreign-direct-investment",
    "research-and-development-business",
    "research-and-development-public-funded",
    "total-value-of-uk-exports",
}

Rows = list[dict[str, str]]


@cache
def read(name: str, path: Path) -> dict[str, Rows]:
    """Raw tables of one file as rows; codes are trimmed here, which staging does for the warehouse."""
    tables = read_release(load_catalogue()[name], [SourceFile(path.name, path, "0" * 64)], "release")
    return {table: rows.to_pylist() for table, rows in tables.items()}


def only(rows: Rows, **wanted: str) -> dict[str, str]:
    found = [row for row in rows if all(row[column].strip() == value for column, value in wanted.items())]
    assert len(found) == 1, f"{len(found)} rows of {wanted}"
    return found[0]


def codes(rows: Rows, column: str) -> set[str]:
    return {row[column].strip() for row in rows}


# --- catalogue --------------------------------------------------------------------------------------------


def test_raw_tables_have_the_columns_of_the_catalogue(published_dir: Path) -> None:
    files = {
        "ons_business_demography": "ons/business_demography/businessdemographyexceltables2024.xlsx",
        "ons_house_building": "ons/house_building/uklocalauthorityhousebuilding.hssn20.xlsx",
        "ons_explore_local_statistics": "ons/explore_local_statistics/gross-value-added.csv",
        "ons_lad_cauth_lookup": (
            "ons/geography/Local_Authority_District_to_Combined_Authority_(May_2025)_Lookup_in_EN.csv"
        ),
    }
    for name, file in files.items():
        dataset = load_catalogue()[name]
        for table, rows in read(name, published_dir / file).items():
            declared = next(each for each in dataset.tables if each.name == table)
            assert set(rows[0]) == {*declared.column_names, *PROVENANCE}, table


# --- business demography ----------------------------------------------------------------------------------


@pytest.fixture
def demography(published_dir: Path) -> dict[str, Rows]:
    return read(
        "ons_business_demography", published_dir / "ons/business_demography/businessdemographyexceltables2024.xlsx"
    )


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("births", dict(zip(HOME_AUTHORITIES, ("450", "450", "2345", "615", "1040", "1145"), strict=True))),
        ("active", dict(zip(HOME_AUTHORITIES, ("3865", "3715", "16425", "5110", "8785", "9550"), strict=True))),
    ],
)
def test_enterprises_of_2024(demography: dict[str, Rows], table: str, expected: dict[str, str]) -> None:
    rows = [row for row in demography[table] if row["period_label"] == "2024"]
    assert {code: only(rows, area_code=code)["value"] for code in expected} == expected


@pytest.mark.parametrize("table", ["births", "deaths", "active"])
def test_each_year_stands_in_one_sheet(demography: dict[str, Rows], table: str) -> None:
    number = {"births": 1, "deaths": 2, "active": 3}[table]
    sheets: dict[str, set[str]] = {}
    for row in demography[table]:
        sheets.setdefault(row["period_label"], set()).add(row["_member"])
    assert sheets == {
        "2019": {f"Table {number}.1a"},
        "2020": {f"Table {number}.1b"},
        "2021": {f"Table {number}.1c"},
        "2022": {f"Table {number}.1c"},
        "2023": {f"Table {number}.1c"},
        "2024": {f"Table {number}.1d"},
    }


def test_year_header_that_is_text_is_a_year_like_the_others(demography: dict[str, Rows]) -> None:
    """In sheet 1.1c '2021' is text, 2022 and 2023 are numbers, and codes end in a blank."""
    raw_codes = {row["area_code"] for row in demography["births"] if row["period_label"] == "2021"}
    assert f"{LIVERPOOL} " in raw_codes
    counts = {
        row["period_label"]: row["value"] for row in demography["births"] if row["area_code"].strip() == "E92000001"
    }
    assert counts["2021"] == "324485"
    assert counts["2023"] == "281860"


def test_survival_counts_of_a_birth_cohort(demography: dict[str, Rows]) -> None:
    born_2019 = only(demography["survival"], area_code=LIVERPOOL, births_label="2019 Births")
    assert born_2019["_member"] == "Table 5.1a"
    assert round(100 * int(born_2019["survival_5yr"]) / int(born_2019["births"]), 1) == 27.5
    born_2023 = only(demography["survival"], area_code=LIVERPOOL, births_label="2023 Births")
    assert [born_2023[f"survival_{years}yr"] for years in (2, 3, 4, 5)] == [":"] * 4


def test_row_number_is_that_of_the_spreadsheet(demography: dict[str, Rows]) -> None:
    first = only(demography["births"], area_code="K02000001", period_label="2024")
    assert (first["_row_number"], first["_member"], first["value"]) == ("5", "Table 1.1d", "317440")


# --- Explore Local Statistics -----------------------------------------------------------------------------


def per_indicator_files(published_dir: Path) -> list[Path]:
    folders = ("explore_local_statistics", "explore_local_statistics_earlier_releases")
    return [path for folder in folders for path in sorted((published_dir / "ons" / folder).glob("*.csv"))]


def test_every_file_is_read_whole(published_dir: Path) -> None:
    """A row for each line of the file, and columns in their places whatever the header calls them."""
    files = per_indicator_files(published_dir)
    assert len(files) == 35
    for path in files:
        rows = read("ons_explore_local_statistics", path)["per_indicator"]
        assert len(rows) == len(path.read_text(encoding="utf-8-sig").splitlines()) - 1, path.name
        assert all(re.fullmatch(r"\d{4}-\d{2}-\d{2}(/P\d+[YM])?", row["period"]) for row in rows), path.name
        assert all(re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?|", row["observation"]) for row in rows), path.name
        assert any(row["observation"] for row in rows), path.name


def test_home_authorities_are_where_the_contract_expects_them(published_dir: Path) -> None:
    dataset = load_catalogue()["ons_explore_local_statistics"]
    (table,) = (table for table in dataset.tables if table.name == "per_indicator")
    regional = set()
    for path in per_indicator_files(published_dir):
        part = dataset.part_of(path.name)
        present = set(HOME_AUTHORITIES) & codes(read("ons_explore_local_statistics", path)["per_indicator"], "areacd")
        expected = dataset.expected_areas(table, part)
        assert set(expected) == present, path.name
        if not expected:
            regional.add(part)
    assert regional == REGIONAL_PARTS


def test_earlier_release_is_of_the_same_part(published_dir: Path) -> None:
    dataset = load_catalogue()["ons_explore_local_statistics"]
    parts: dict[str, list[str]] = {}
    for path in per_indicator_files(published_dir):
        parts.setdefault(dataset.part_of(path.name), []).append(path.name)
    assert parts["gross-value-added"] == [
        "gross-value-added.csv",
        "gross-value-added.2026-05-29_e7c1ce31.csv",
    ]
    assert len(parts["gigabit-capable-broadband"]) == 3
    assert len(parts) == 31
    assert "" not in parts


@pytest.mark.parametrize(
    ("file", "indicator", "period", "area", "value"),
    [
        ("gross-value-added", "Gross value added per hour worked", "2023-01-01/P1Y", LCR, 37.33),
        ("gross-value-added", "Gross value added per hour worked", "2023-01-01/P1Y", ST_HELENS, 28.91),
        ("gross-value-added", "Gross value added per filled job", "2023-01-01/P1Y", LCR, 57573.49),
        ("gross-value-added", "Gross value added per filled job", "2023-01-01/P1Y", HALTON, 74004),
        ("employment-rate", "Employment rate", "2023-01-01/P1Y", LCR, 72.0),
        ("employment-rate", "Economically inactive", "2023-01-01/P1Y", LCR, 24.2),
        ("business-demography", "Business births", "2024-01-01/P1Y", LIVERPOOL, 14.28),
        ("business-demography", "Five-year survival rate", "2019-01-01/P1Y", SEFTON, 38.24),
        ("healthy-life-expectancy", "Male healthy life expectancy", "2022-01-01/P3Y", LCR, 56.9),
        ("healthy-life-expectancy", "Female healthy life expectancy", "2022-01-01/P3Y", WIRRAL, 60.1),
        (
            "qualifications-level-3-or-above",
            "Level 3 or above qualifications (Great Britain)",
            "2023-01-01/P1Y",
            LCR,
            64.6,
        ),
        ("qualifications-none-gb", "No qualifications", "2023-01-01/P1Y", KNOWSLEY, 15.8),
        ("gigabit-capable-broadband", "Gigabit capable broadband", "2026-01-01", LCR, 93.5),
        (
            "pupils-at-expected-standards-by-end-of-primary-school",
            "Pupils meeting the expected standard in reading, writing and maths",
            "2024-09-01/P1Y",
            LCR,
            58,
        ),
        ("total-value-of-uk-exports", "Value of UK exports", "2019-01-01/P1Y", LCR, 10105),
        ("total-value-of-uk-exports", "Value of UK exports", "2023-01-01/P1Y", LCR, 11899),
    ],
)
def test_golden_figures(published_dir: Path, file: str, indicator: str, period: str, area: str, value: float) -> None:
    path = published_dir / "ons/explore_local_statistics" / f"{file}.csv"
    rows = read("ons_explore_local_statistics", path)["per_indicator"]
    row = only(rows, areacd=area, indicator=indicator, period=period)
    assert round(float(row["observation"]), 2) == value


def test_measure_and_observation_are_read_by_name(published_dir: Path) -> None:
    """personal-wellbeing-estimates has `measure` before `observation`, the others after."""
    path = published_dir / "ons/explore_local_statistics/personal-wellbeing-estimates.csv"
    row = read("ons_explore_local_statistics", path)["per_indicator"][0]
    assert row["measure"].startswith("Mean (Where 0 is")
    assert float(row["observation"]) == 3.13


def test_header_of_an_earlier_vintage(published_dir: Path) -> None:
    path = (
        published_dir / "ons/explore_local_statistics_earlier_releases/healthy-life-expectancy.2025-10-02_b8566603.csv"
    )
    rows = read("ons_explore_local_statistics", path)["per_indicator"]
    row = only(rows, areacd="E92000001", indicator="Male healthy life expectancy", period="2011-01-01/P3Y")
    assert [row[name] for name in ("observation", "lci_95", "uci_95", "status", "notes", "unit")] == [
        "63.02",
        "62.85",
        "63.2",
        "",
        "",
        "yrs",
    ]


def test_markers_and_notes_survive_as_text(published_dir: Path) -> None:
    folder = published_dir / "ons/explore_local_statistics"
    exports = read("ons_explore_local_statistics", folder / "total-value-of-uk-exports.csv")["per_indicator"]
    assert {(row["status"], row["observation"] == "") for row in exports} == {("", False), ("c", True)}
    gigabit = read("ons_explore_local_statistics", folder / "gigabit-capable-broadband.csv")["per_indicator"]
    assert only(gigabit, areacd=LCR)["notes"].startswith("This data has been aggregated")


def test_bulk_table_has_the_columns_that_the_csvw_metadata_announces(published_dir: Path) -> None:
    metadata = json.loads(
        (published_dir / "ons/explore_local_statistics_app/all-datasets.csv-metadata.json").read_text("utf-8")
    )
    announced = [column["name"] for column in metadata["tableSchema"]["columns"]]
    (bulk,) = (t for t in load_catalogue()["ons_explore_local_statistics"].tables if t.name == "bulk")
    assert list(bulk.column_names) == announced


def test_bulk_reading(published_dir: Path, tmp_path: Path) -> None:
    """No copy of the bulk file is at hand: one in its announced form, with real figures, stands for it."""
    source = read("ons_explore_local_statistics", published_dir / "ons/explore_local_statistics/gross-value-added.csv")[
        "per_indicator"
    ]
    path = tmp_path / "all-datasets.csv"
    lines = ["\ufeffindicator,areacd,areanm,period,sex,age,value,lci_95,uci_95,status"]
    lines += [
        f'gross-value-added-per-hour-worked,{row["areacd"]},"{row["areanm"]}",{row["period"]},,,{row["observation"]},,,'
        for row in source
        if row["indicator"] == "Gross value added per hour worked"
    ]
    path.write_text("\r\n".join(lines), encoding="utf-8", newline="")

    tables = read("ons_explore_local_statistics", path)

    assert set(tables) == {"bulk"}
    row = only(tables["bulk"], areacd=LCR, period="2023-01-01/P1Y")
    assert round(float(row["value"]), 2) == 37.33


def test_renamed_column_is_named_in_the_error(tmp_path: Path) -> None:
    path = tmp_path / "all-datasets.csv"
    path.write_text("indicator,area,areanm,period,sex,age,value,lci_95,uci_95,status\na,b,c,d,e,f,1,,,\n", "utf-8")
    with pytest.raises(PayloadError, match="areacd missing") as caught:
        read("ons_explore_local_statistics", path)
    assert "all-datasets.csv" in caught.value.where


# --- house building ---------------------------------------------------------------------------------------


@pytest.fixture
def dwellings(published_dir: Path) -> dict[str, Rows]:
    return read("ons_house_building", published_dir / "ons/house_building/uklocalauthorityhousebuilding.hssn20.xlsx")


def test_dwellings_of_liverpool(dwellings: dict[str, Rows]) -> None:
    completed = {row["period_label"]: row["value"] for row in dwellings["completions"] if row["area_code"] == LIVERPOOL}
    assert [completed[year] for year in ("2009-2010", "2010-2011", "2011-2012")] == ["1440", "900", "490"]
    assert only(dwellings["starts"], area_code=LIVERPOOL, period_label="2022-2023")["value"] == "560"


def test_header_is_found_where_an_editor_moved_it(dwellings: dict[str, Rows]) -> None:
    """UK_Starts has it in row 6, UK_Completions in row 1, above a million phantom rows."""
    assert min(int(row["_row_number"]) for row in dwellings["starts"]) == 7
    assert min(int(row["_row_number"]) for row in dwellings["completions"]) == 2
    assert len(dwellings["starts"]) == len(dwellings["completions"]) == 374 * 14


def test_dwelling_markers_are_kept_apart(dwellings: dict[str, Rows]) -> None:
    markers = {row["value"] for table in dwellings.values() for row in table if not row["value"].isdigit()}
    assert markers == {"-", ".."}
    for code in (HALTON, KNOWSLEY):
        assert only(dwellings["completions"], area_code=code, period_label="2009-2010")["value"] == ".."


# --- lookup -----------------------------------------------------------------------------------------------


def test_lookup_of_combined_authorities(published_dir: Path) -> None:
    """A CSV with a byte order mark, read by the table that also reads the feature service."""
    path = published_dir / "ons/geography/Local_Authority_District_to_Combined_Authority_(May_2025)_Lookup_in_EN.csv"
    rows = read("ons_lad_cauth_lookup", path)["lookup"]
    assert len(rows) == 106
    assert {row["lad_code"] for row in rows if row["cauth_code"] == LCR} == set(HOME_AUTHORITIES)
    assert only(rows, lad_code=ST_HELENS)["lad_name"] == "St. Helens"


# --- workbooks of which only re-cuts are at hand ----------------------------------------------------------


def test_healthy_life_expectancy_workbook(published_dir: Path, tmp_path: Path) -> None:
    """The extract's rows in a workbook of the published layout: sheet 1, header in row 7."""
    extract = published_dir / "ons/healthy_life_expectancy/HealthyLifeExpectancyLCR.csv"
    lines = [line.split(",") for line in extract.read_text(encoding="utf-8-sig").splitlines()]
    path = write_workbook(
        tmp_path / "healthylifeexpectancyuk.xlsx",
        {
            "Notes": [["Healthy life expectancy, UK"]],
            "1": [["Table 1"], ["This worksheet contains one table"], [], [], [], [], *lines],
        },
    )

    rows = read("ons_healthy_life_expectancy", path)["observations"]

    assert len(rows) == len(lines) - 1 == 192
    row = only(rows, period="2011 to 2013", area_code=LIVERPOOL, sex="Male", age_group="<1")
    assert [row[name] for name in ("hle", "lci", "uci", "proportion")] == ["57.2", "55.3", "59.1", "75"]
    els = read(
        "ons_explore_local_statistics", published_dir / "ons/explore_local_statistics/healthy-life-expectancy.csv"
    )["per_indicator"]
    for code in HOME_AUTHORITIES:
        latest = only(rows, period="2022 to 2024", area_code=code, sex="Male", age_group="<1")
        same = only(els, areacd=code, indicator="Male healthy life expectancy", period="2022-01-01/P3Y")
        assert float(latest["hle"]) == float(same["observation"])


def test_gross_value_added_workbook(tmp_path: Path) -> None:
    """Two of the four tables are taken, by what their titles say."""
    header = ["ITL region", "LA code", "LA name", "SIC07", "SIC07 description", 1998, 2023]
    total = ["North West", LIVERPOOL, "Liverpool", "Total", "All industries"]
    part = ["North West", LIVERPOOL, "Liverpool", "C (10-33)", "Manufacturing"]
    titles = {
        "Table 1": "Table 1: Chained volume indices, 2022=100",
        "Table 2": "Table 2: Chained volume measures in 2022 money value, pounds million",
        "Table 3": "Table 3: Current price estimates, pounds million",
        "Table 4": "Table 4: Implied deflators, 2022=100",
    }
    sheets: dict[str, list[list[Any]]] = {"Contents": [[title] for title in titles.values()]}
    for number, (sheet, title) in enumerate(titles.items(), 1):
        sheets[sheet] = [[title], header, [*total, number, 10 * number], [*part, "[c]", number], ["Source: ONS"]]
    path = write_workbook(tmp_path / "localauthoritiestldnorthwest.xlsx", sheets)

    tables = read("ons_gva_by_local_authority", path)

    by_table = {
        table: {(row["sic07_code"], row["period_label"]): row["value"] for row in rows}
        for table, rows in tables.items()
    }
    assert by_table == {
        "current_prices": {
            ("Total", "1998"): "3",
            ("Total", "2023"): "30",
            ("C (10-33)", "1998"): "[c]",
            ("C (10-33)", "2023"): "3",
        },
        "chained_volume": {
            ("Total", "1998"): "2",
            ("Total", "2023"): "20",
            ("C (10-33)", "1998"): "[c]",
            ("C (10-33)", "2023"): "2",
        },
    }


def write_workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    with xlsxwriter.Workbook(path, {"strings_to_numbers": True}) as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


# --- recorded landing pages -------------------------------------------------------------------------------


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


@pytest.mark.parametrize(
    ("folder", "landing", "edition", "file", "published"),
    [
        (
            "trade_services_subnational",
            "01_landing_data.json",
            "03_edition_2018_data.json",
            "2018internationaltradeinservicesexceldatatables.xlsx",
            dt.date(2021, 2, 5),
        ),
        (
            "regional_gdp_enterprise_regions",
            "01_landing_data.json",
            "03_edition_data.json",
            "regionalgrossdomesticproductenterpriseregions.xlsx",
            dt.date(2021, 6, 11),
        ),
        (
            "quarterly_regional_gdp",
            "01_landing_data.json",
            "03_edition_data.json",
            "publicationtables20q3.xlsx",
            dt.date(2021, 4, 30),
        ),
        (
            "exports_services_subnational",
            "01_landing_data.json",
            "03_edition_2017_data.json",
            "subnationalserviceexports2017.xlsx",
            dt.date(2019, 9, 12),
        ),
    ],
)
def test_recorded_pages_lead_to_the_recorded_workbook(
    published_dir: Path,
    httpserver: HTTPServer,
    session: PoliteSession,
    folder: str,
    landing: str,
    edition: str,
    file: str,
    published: dt.date,
) -> None:
    recorded = published_dir / "ons/landing_page_json" / folder
    pages = [json.loads((recorded / name).read_text(encoding="utf-8")) for name in (landing, edition)]
    for page in pages:
        httpserver.expect_request(f"{page['uri']}/data").respond_with_json(page)
    catalogue = load_catalogue()["ons_business_demography"]
    how = catalogue.discover.model_copy(
        update={
            "base_url": httpserver.url_for("").rstrip("/"),
            "landing": (pages[0]["uri"],),
            "file": r"\.xlsx$",
        }
    )
    dataset: Dataset = catalogue.model_copy(update={"discover": how})

    (candidate,) = discover(dataset, session)

    assert candidate.file_name == file
    assert candidate.url == httpserver.url_for(f"/file?uri={pages[1]['uri']}/{file}")
    assert candidate.published_at == published


# --- regional GDP and productivity ------------------------------------------------------------------------


@pytest.fixture
def output(published_dir: Path) -> dict[str, Rows]:
    path = published_dir / "ons/gdp_by_local_authority/regionalgrossdomesticproductlocalauthorities.mysociety.xlsx"
    return read("ons_regional_gdp", path)


def in_home_area(rows: Rows, year: str) -> dict[str, int]:
    return {
        row["area_code"]: int(row["value"])
        for row in rows
        if row["area_code"] in HOME_AUTHORITIES and row["period_label"].startswith(year)
    }


def test_gross_domestic_product_of_the_home_authorities(output: dict[str, Rows]) -> None:
    """Tables 5, 10 and 1 of thirteen, by their titles; per head, indices and growth rates are left."""
    assert {table: {row["_member"] for row in rows} for table, rows in output.items()} == {
        "gdp_current_prices": {"Table 5"},
        "gdp_chained_volume": {"Table 10"},
        "gva_current_prices": {"Table 1"},
    }
    assert all(len(rows) == 374 * 22 for rows in output.values())
    golden = {HALTON: 4692, KNOWSLEY: 4243, LIVERPOOL: 15194, ST_HELENS: 3376, SEFTON: 5066, WIRRAL: 6163}
    assert in_home_area(output["gdp_current_prices"], "2019") == golden
    assert sum(golden.values()) == 38_734
    assert in_home_area(output["gdp_chained_volume"], "2019")[LIVERPOOL] == 14_874
    # Value added as it stood a year after the strategy: GBP 32 billion.
    assert sum(in_home_area(output["gva_current_prices"], "2018").values()) == 32_424


def test_provisional_year_is_named_by_its_note(output: dict[str, Rows]) -> None:
    rows = output["gdp_current_prices"]
    assert {row["provisional_note"] for row in rows} == {"3"}
    assert {row["period_label"] for row in rows if "note" in row["period_label"]} == {"2019\n[note 3]"}


def test_chained_volumes_are_in_prices_of_2018(output: dict[str, Rows]) -> None:
    current, volume = (output[f"gdp_{kind}"] for kind in ("current_prices", "chained_volume"))
    assert in_home_area(current, "2018") == in_home_area(volume, "2018")
    assert in_home_area(current, "2010") != in_home_area(volume, "2010")


def test_productivity_of_the_territorial_level_that_is_the_home_area(published_dir: Path) -> None:
    """Years stand in row 4, the names of the first columns in row 5, which is no row of data."""
    tables = read("ons_itl_productivity", published_dir / "ons/itl_productivity/itlproductivity.xlsx")
    assert {table: {row["_member"] for row in rows} for table, rows in tables.items()} == {
        "per_hour": {"A3"},
        "per_job": {"B3"},
    }
    assert [len(tables[table]) for table in ("per_hour", "per_job")] == [234 * 18, 234 * 20]
    golden = [("per_hour", "2004", "23.71"), ("per_hour", "2021", "33.37"), ("per_job", "2021", "49592.32")]
    for table, year, value in golden:
        assert only(tables[table], area_code="TLD7", period_label=year)["value"] == value
    assert only(tables["per_hour"], area_code="TLB", period_label="2021")["value"] == "38.91"
    assert only(tables["per_hour"], area_code="UKX", period_label="2021")["value"] == "38.33"
