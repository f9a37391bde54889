"""DESNZ: the real workbook of household energy efficiency, and files made to the documented layout of the others."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from expectations.runner import Runner
from sources.errors import PayloadError
from tests.home import HOME_AUTHORITIES
from tests.reading import Row, failed_checks, read

GHG, HEE = "desnz_ghg_emissions", "desnz_household_energy_efficiency"
RENEWABLES, TFEC = "desnz_renewable_electricity", "desnz_final_energy_consumption"


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


# --- household energy efficiency: the real workbook ------------------------------------------------------


@pytest.fixture(scope="module")
def hee_workbook(published_dir: Path) -> Path:
    return published_dir / "desnz/household_energy_efficiency/Headline_HEE_tables_February_2026.xlsx"


@pytest.fixture(scope="module")
def eco_households(hee_workbook: Path) -> list[Row]:
    return read(HEE, hee_workbook)["eco_households"]


@pytest.mark.published
def test_households_with_eco_measures_add_up_for_the_city_region(eco_households: list[Row]) -> None:
    households = {row["area_code"]: int(row["households_eco"]) for row in eco_households}
    by_authority = {area: households[area] for area in HOME_AUTHORITIES}
    assert by_authority == {
        "E06000006": 8055,
        "E08000011": 10753,
        "E08000012": 32057,
        "E08000013": 9937,
        "E08000014": 20259,
        "E08000015": 21167,
    }
    assert sum(by_authority.values()) == 102_228


@pytest.mark.published
def test_merseyside_is_an_area_of_its_own_without_halton(eco_households: list[Row]) -> None:
    households = {row["area_code"]: int(row["households_eco"]) for row in eco_households}
    boroughs = sum(households[area] for area in HOME_AUTHORITIES if area != "E06000006")
    # The publisher counts 94,173; its boroughs add to the same.
    assert households["E11000002"] == boroughs == 94_173


@pytest.mark.published
def test_eco_table_keeps_every_area_and_no_note(eco_households: list[Row]) -> None:
    assert len(eco_households) == 392
    liverpool = next(row for row in eco_households if row["area_code"] == "E08000012")
    assert liverpool["district"] == "Liverpool"
    assert (liverpool["percentage_of_gb"], liverpool["households_eco_per_1000"]) == ("1.2", "147.1")
    assert (liverpool["_member"], liverpool["households"]) == ("T4.4", "217867")
    assert eco_households[0]["_row_number"] == "8"


@pytest.mark.published
def test_eco_period_end_is_read_from_the_table_title(eco_households: list[Row]) -> None:
    assert {row["coverage_end"] for row in eco_households} == {"December 2025"}
    assert {row["last_updated"] for row in eco_households} == {"26 Feb 2026"}


@pytest.mark.published
def test_real_eco_workbook_meets_its_landing_contract(runner: Runner, hee_workbook: Path) -> None:
    assert failed_checks(runner, HEE, "eco_households", hee_workbook, relaxed=False) == []


def eco_workbook(path: Path, title: str) -> Path:
    header = [
        "Area codes",
        "Nation or region",
        "County or unitary authority",
        "Local authority district",
        "Households in receipt of ECO measures",
        "Percentage of households in receipt of ECO measures",
        "Households with at least one usual resident \n[n1], [n2]",
        "Households in receipt of ECO measures per 1,000 households",
    ]
    rows = [[area, "North West", "", "x ", 10, 0.1, 100, 100.0] for area in HOME_AUTHORITIES]
    return workbook(path, {"T4.4": [[title], ["Data covers …"], header, *rows, ["Last updated", "28 May 2026"]]})


@pytest.mark.parametrize(
    ("title_end", "coverage_end"),
    [
        ("(January 2013 to March 2026)", "March 2026"),
        ("(January 2013 to end March 2026)", "March 2026"),
        ("from January 2013 to the end of March 2026", "March 2026"),
        ("", ""),
        ("(April 2025 to March 2026)", ""),  # one year's, under the same name
    ],
)
def test_eco_period_end_follows_the_title(tmp_path: Path, title_end: str, coverage_end: str) -> None:
    title = "Table 4.4: Households in receipt of ECO measures by administrative area"
    rows = read(HEE, eco_workbook(tmp_path / "hee.xlsx", f"{title} {title_end}"))["eco_households"]
    assert {row["coverage_end"] for row in rows} == {coverage_end}


@pytest.mark.parametrize("period", ["", " (April 2025 to March 2026)"])
def test_eco_table_that_is_not_cumulative_breaks_its_contract(tmp_path: Path, runner: Runner, period: str) -> None:
    title = "Table 4.4: Households in receipt of ECO measures by administrative area"
    path = eco_workbook(tmp_path / "hee.xlsx", f"{title}{period}")
    assert failed_checks(runner, HEE, "eco_households", path, relaxed=True) == ["coverage_end_filled"]


def test_another_table_under_the_sheet_name_is_refused(tmp_path: Path) -> None:
    path = eco_workbook(tmp_path / "hee.xlsx", "Table 4.4: Households in receipt of insulation")
    with pytest.raises(PayloadError, match=r"desnz / desnz_household_energy_efficiency: expected a sheet matching"):
        read(HEE, path)


# --- greenhouse gas emissions: long CSVs of every vintage, made from the golden excerpt ------------------

COMMON = [
    "Country",
    "Country Code",
    "Region",
    "Region Code",
    "Second Tier Authority",
    "Local Authority",
    "Local Authority Code",
    "Calendar Year",
]
GHG_COLUMNS = ["LA GHG Sector", "LA GHG Sub-sector", "Greenhouse gas", "Territorial emissions (kt CO2e)"]
SIZE = ["Mid-year Population (thousands)", "Area (km2)"]

# Release -> text of the 13th column
CO2E_VINTAGES = {
    "2005-2020": "CO2 emissions within the scope of influence of LAs (kt CO2e)",
    "2005-2021": "CO2 emissions within the scope of influence of LAs (kt CO2e)",
    "2005-2022": "CO2 emissions within the scope of influence of LAs (kt CO2)",
    "2005-2023": "Emissions within the scope of influence of LAs (kt CO2)",
    "2005-2024": "Emissions within the scope of influence of LAs (kt CO2e)",
}
CO2_HEADER = [
    *COMMON,
    "LA CO2 Sector",
    "LA CO2 Sub-sector",
    "Territorial emissions (kt CO2)",
    "Emissions within the scope of influence of LAs (kt CO2)",
    *SIZE,
]
SECTORS = {
    "transport": "Transport",
    "domestic": "Domestic",
    "industry": "Industry",
    "commercial": "Commercial",
    "publicSector": "Public Sector",
    "agriculture": "Agriculture",
    "waste": "Waste",
    "lulucf": "LULUCF",
}
# Shares by which a sector's figure is spread over sub-sectors and gases; they add to one.
SHARES = {("'Other'", "CO2"): 0.5, ("'Other'", "CH4"): 0.125, ("Electricity", "CO2"): 0.25, ("Gas", "N2O"): 0.125}


@pytest.fixture(scope="module")
def golden(published_dir: Path) -> list[Row]:
    """Six authorities × 20 years, kt CO2e by sector, of the June 2026 release."""
    path = published_dir / "desnz/ghg_emissions/ghg-lad-2005-2024.EXCERPT-LCR.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def long_rows(golden: Iterable[Row], waste: str = "Waste") -> list[list[object]]:
    rows: list[list[object]] = []
    for line in golden:
        place = ["England", "E92000001", "North West", "E12000002", line["ladName"], line["ladName"]]
        for column, name in SECTORS.items():
            sector = waste if name == "Waste" else name
            for (sub_sector, gas), share in SHARES.items():
                value = float(line[column]) * share
                rows.append(
                    [
                        *[*place, line["ladCode"], line["year"], sector, f"{sector} {sub_sector}", gas],
                        *[repr(value), "0", line["populationThousands"], line["areaKm2"]],
                    ]
                )
    # Belongs to no authority: no region, no code.
    unallocated = ["Unallocated", "", "", "", "", "Unallocated consumption", "", "2024"]
    rows.append([*unallocated, "Industry", "Industry Electricity", "CO2", "99.5", "0", "", ""])
    return rows


def long_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


@pytest.mark.published
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("vintage", CO2E_VINTAGES)
def test_every_co2e_vintage_reads_to_the_golden_totals(
    tmp_path: Path, golden: list[Row], vintage: str, encoding: str
) -> None:
    waste = "Waste management" if vintage == "2005-2020" else "Waste"
    header = [*COMMON, *GHG_COLUMNS, CO2E_VINTAGES[vintage], *SIZE]
    tables = read(GHG, long_csv(tmp_path / "ghg.csv", header, long_rows(golden, waste), encoding))

    assert list(tables) == ["emissions"]
    sums: defaultdict[tuple[str, str, str], float] = defaultdict(float)
    for row in tables["emissions"]:
        key = (row["local_authority_code"], row["calendar_year"], row["sector"])
        sums[key] += float(row["territorial_emissions"])
    for line in golden:
        for column, name in SECTORS.items():
            sector = waste if name == "Waste" else name
            found = sums.pop((line["ladCode"], line["year"], sector))
            assert found == pytest.approx(float(line[column]), abs=1e-9)
    assert sums == {("", "2024", "Industry"): 99.5}


@pytest.mark.published
def test_golden_emissions_of_the_city_region_in_2024(tmp_path: Path, golden: list[Row]) -> None:
    header = [*COMMON, *GHG_COLUMNS, CO2E_VINTAGES["2005-2024"], *SIZE]
    rows = read(GHG, long_csv(tmp_path / "ghg.csv", header, long_rows(golden)))["emissions"]
    sums: defaultdict[str, float] = defaultdict(float)
    for row in rows:
        if row["local_authority_code"] in HOME_AUTHORITIES and row["calendar_year"] == "2024":
            sums[row["sector"]] += float(row["territorial_emissions"])
    found = {sector: sums[sector] for sector in ("Transport", "Domestic", "Industry", "Commercial")}
    published = {"Transport": 1928.3, "Domestic": 1707.3, "Industry": 1140.1, "Commercial": 653.4}
    assert found == pytest.approx(published, abs=0.051)  # to one decimal


LIVERPOOL: Row = dict.fromkeys(SECTORS, "8") | {
    "ladCode": "E08000012",
    "ladName": "Liverpool",
    "year": "2019",
    "populationThousands": "500",
    "areaKm2": "133.534",
}


def test_co2_alone_is_never_read_as_co2e(tmp_path: Path) -> None:
    without_gas = [row[:10] + row[11:] for row in long_rows([LIVERPOOL])]
    tables = read(GHG, long_csv(tmp_path / "2005-19_Local_Authority_CO2_emissions.csv", CO2_HEADER, without_gas))
    assert list(tables) == ["co2_emissions"]
    assert "greenhouse_gas" not in tables["co2_emissions"][0]
    assert {row["sector"] for row in tables["co2_emissions"]} == set(SECTORS.values())


GHG_HEADER = [*COMMON, *GHG_COLUMNS, CO2E_VINTAGES["2005-2024"], *SIZE]


def renamed(old: str, new: str) -> list[str]:
    assert old in GHG_HEADER
    return [new if name == old else name for name in GHG_HEADER]


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        (renamed("Territorial emissions (kt CO2e)", "Territorial emissions (kt CO2)"), "territorial_emissions"),
        (renamed("Territorial emissions (kt CO2e)", "Territorial emissions (Mt CO2e)"), "territorial_emissions"),
        (renamed(CO2E_VINTAGES["2005-2024"], "Emissions LAs may influence (kt CO2)"), "la_influence_emissions"),
        (renamed("Greenhouse gas", "Gas"), "greenhouse_gas"),
        (renamed("LA GHG Sector", "Sector"), "sector"),
    ],
)
def test_any_other_ghg_header_is_refused(tmp_path: Path, header: list[str], missing: str) -> None:
    path = long_csv(tmp_path / "ghg.csv", header, long_rows([LIVERPOOL]))
    with pytest.raises(PayloadError, match=rf"desnz / desnz_ghg_emissions: .*found .*\b{missing} missing") as refused:
        read(GHG, path)
    assert refused.value.where == "ghg.csv"


def test_unknown_sector_or_gas_breaks_the_ghg_contract(tmp_path: Path, runner: Runner) -> None:
    rows = long_rows([LIVERPOOL])
    good = long_csv(tmp_path / "good.csv", GHG_HEADER, rows)
    bad = long_csv(
        tmp_path / "bad.csv", GHG_HEADER, [*rows, [*rows[0][:8], "Aviation", "Aviation", "SF6", *rows[0][11:]]]
    )
    assert failed_checks(runner, GHG, "emissions", good, relaxed=True) == []
    assert failed_checks(runner, GHG, "emissions", bad, relaxed=True) == ["sector_accepted", "greenhouse_gas_accepted"]


def test_repeated_ghg_row_breaks_the_contract(tmp_path: Path, runner: Runner) -> None:
    rows = long_rows([LIVERPOOL])
    path = long_csv(tmp_path / "ghg.csv", GHG_HEADER, [*rows, rows[0]])
    assert failed_checks(runner, GHG, "emissions", path, relaxed=True) == ["key_unique"]


# --- workbooks made to the documented layout -------------------------------------------------------------


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


TECHNOLOGIES = [
    *["Photovoltaics", "Onshore Wind", "Hydro", "Anaerobic Digestion", "Offshore Wind", "Wave/Tidal", "Sewage Gas"],
    *["Landfill Gas", "Municipal Solid Waste", "Animal Biomass", "Plant Biomass", "Cofiring"],
]
RENEWABLES_HEADER = [
    "Local Authority Code [note 1]",
    "Local Authority Name  [note 5][note 6][note 7] [note 8][note 9]",
    "Region",
    "Country",
    "Estimated number of households [note 3]",
    *TECHNOLOGIES,
    "Total",
]


def renewables_sheet(title_rows: int, header: Sequence[str], wirral_total: Any = 300.25) -> list[list[Any]]:
    def row(code: str, name: str, first: Any, total: Any) -> list[Any]:
        rest = [0] * (len(header) - 7)
        return [code, name, "North West", "England", 1000, first, *rest, total]

    return [
        *[[f"title row {number}"] for number in range(title_rows)],
        list(header),
        row("E08000012", "Liverpool", 19964.4545163806, 22785.98040727),
        row("E08000015", "Wirral", "[X]", wirral_total),
        row("\tE06000063", "Cumberland", 10, 10),
        row("", "Unallocated", 1, 1),
        row("", "Grand Total (UK)", 1, 99999),
    ]


def renewables_workbook(path: Path, header: Sequence[str] = RENEWABLES_HEADER, **kwargs: Any) -> Path:
    return workbook(
        path,
        {
            "Cover sheet": [["Renewable electricity by local authority, 2014 to 2024"]],
            "LA - Sites 2024": renewables_sheet(3, header),
            "LA - Capacity, 2024": renewables_sheet(3, header),
            "LA - Generation, 2023": renewables_sheet(4, header),
            "LA - Generation, 2024": renewables_sheet(4, header, **kwargs),
        },
    )


def test_renewables_sheets_are_found_with_and_without_comma(tmp_path: Path) -> None:
    tables = read(RENEWABLES, renewables_workbook(tmp_path / "r.xlsx"))
    sheets = {name: {row["_member"] for row in rows} for name, rows in tables.items()}
    assert sheets == {
        "generation": {"LA - Generation, 2023", "LA - Generation, 2024"},
        "capacity": {"LA - Capacity, 2024"},
        "sites": {"LA - Sites 2024"},
    }
    first = {name: rows[0]["_row_number"] for name, rows in tables.items()}
    assert first == {"generation": "6", "capacity": "5", "sites": "5"}


def test_renewables_rows_keep_dirty_codes_and_leave_foot_rows(tmp_path: Path) -> None:
    rows = read(RENEWABLES, renewables_workbook(tmp_path / "r.xlsx"))["generation"]
    of_2024 = [row for row in rows if row["_member"].endswith("2024")]
    assert [row["area_code"] for row in of_2024] == ["E08000012", "E08000015", "\tE06000063"]


def test_suppressed_technology_leaves_the_total_as_published(tmp_path: Path) -> None:
    rows = read(RENEWABLES, renewables_workbook(tmp_path / "r.xlsx"))["generation"]
    wirral = next(row for row in rows if row["area_code"] == "E08000015")
    assert (wirral["photovoltaics"], wirral["total"]) == ("[X]", "300.25")


def test_suppressed_total_stays_a_marker(tmp_path: Path) -> None:
    rows = read(RENEWABLES, renewables_workbook(tmp_path / "r.xlsx", wirral_total="[X]"))["generation"]
    assert [row["total"] for row in rows if row["area_code"] == "E08000015"] == ["300.25", "[X]"]


def test_renewables_without_cofiring_or_with_other_column_order_read_the_same(tmp_path: Path) -> None:
    header = [name for name in RENEWABLES_HEADER if name != "Cofiring"]
    rows = read(RENEWABLES, renewables_workbook(tmp_path / "r.xlsx", header))["generation"]
    assert (rows[0]["cofiring"], rows[0]["total"]) == ("", "22785.98040727")


def test_renewables_without_total_are_refused(tmp_path: Path) -> None:
    header = [*RENEWABLES_HEADER[:-1], "Sum of technologies"]
    with pytest.raises(PayloadError, match=r"desnz_renewable_electricity: .*total missing.*in r\.xlsx, sheet"):
        read(RENEWABLES, renewables_workbook(tmp_path / "r.xlsx", header))


def test_renewables_contract_accepts_dirty_codes_and_refuses_repeated_ones(tmp_path: Path, runner: Runner) -> None:
    good = renewables_workbook(tmp_path / "good.xlsx")
    assert failed_checks(runner, RENEWABLES, "generation", good, relaxed=True) == []
    sheet = renewables_sheet(4, RENEWABLES_HEADER)
    bad = workbook(tmp_path / "bad.xlsx", {"LA - Generation, 2024": [*sheet, sheet[5]]})
    assert failed_checks(runner, RENEWABLES, "generation", bad, relaxed=True) == ["key_unique"]


# --- final energy consumption ----------------------------------------------------------------------------

TFEC_HEADER = [
    "Code",
    "Country or region",
    "Local authority [Note 2]",
    "Coal:\r\nDomestic",
    "Manufactured\r\nfuels:\r\nDomestic\r\n[Note 3]",
    "Gas:\r\nIndustrial,\r\nCommercial\r\nand other",
    "Electricity:\r\nDomestic",
    "Electricity:\r\nTotal",
    "Bioenergy \r\nand wastes:\r\nDomestic\r\n",
    "All fuels:\r\nTotal\r\n",
]


def tfec_sheet(title: str, header: Sequence[str] = TFEC_HEADER) -> list[list[Any]]:
    numbers = [0.1, 0.2, 30.5, 55.6066432700317, 150.25, 1, 640.125]
    return [
        [title],
        ["This worksheet contains one table. Some cells refer to notes."],
        ["Source: DESNZ"],
        ["Freeze panes are on."],
        [""],
        list(header),
        ["K02000001", "United Kingdom", "All", *[number * 1000 for number in numbers]],
        *[[area, "North West", "x", *numbers] for area in HOME_AUTHORITIES],
        ["", "Unallocated", "", *numbers],
        ["[Note 3] Manufactured solid fuels"],
    ]


def test_tfec_reads_one_sheet_a_year_with_broken_headers(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "t.xlsx",
        {
            "Cover": [["Total final energy consumption, 2005 to 2023"]],
            "2022": tfec_sheet("Total final energy consumption, 2022 (ktoe)"),
            "2023r": tfec_sheet("Total final energy consumption, 2023, thousand tonnes of oil equivalent"),
        },
    )
    rows = read(TFEC, path)["consumption"]
    assert [row["_member"] for row in rows].count("2022") == 7
    liverpool = next(row for row in rows if row["area_code"] == "E08000012")
    assert (liverpool["electricity_domestic"], liverpool["electricity_total"]) == ("55.6066432700317", "150.25")
    assert (liverpool["all_fuels_total"], liverpool["country_or_region"]) == ("640.125", "North West")
    units = {row["_member"]: row["unit"] for row in rows}
    assert units == {"2022": "ktoe", "2023r": "thousand tonnes of oil equivalent"}


@pytest.mark.parametrize(
    ("title", "unit"),
    [
        ("Consumption, 2016 [Gigawatt hours (GWh]", "Gigawatt hours"),
        ("Consumption, 2016 (GWh)", "GWh"),
        ("Consumption, 2016", ""),
    ],
)
def test_tfec_unit_is_read_from_the_sheet(tmp_path: Path, runner: Runner, title: str, unit: str) -> None:
    path = workbook(tmp_path / "t.xlsx", {"2016": tfec_sheet(title)})
    assert {row["unit"] for row in read(TFEC, path)["consumption"]} == {unit}
    # A sheet that does not say its unit is not guessed at.
    expected = [] if unit else ["unit_filled"]
    assert failed_checks(runner, TFEC, "consumption", path, relaxed=True) == expected


def test_tfec_without_electricity_total_is_refused(tmp_path: Path) -> None:
    header = ["Electricity: Sum" if name == "Electricity:\r\nTotal" else name for name in TFEC_HEADER]
    path = workbook(tmp_path / "t.xlsx", {"2023": tfec_sheet("2023 (ktoe)", header)})
    with pytest.raises(PayloadError, match=r"electricity_total missing.*sheet '2023'"):
        read(TFEC, path)


Maker = Callable[[Path], Path]


@pytest.mark.parametrize(
    ("dataset", "make"),
    [
        (RENEWABLES, lambda path: workbook(path, {"Cover sheet": [["nothing here"]]})),
        (TFEC, lambda path: workbook(path, {"Contents": [["nothing here"]]})),
        (HEE, lambda path: workbook(path, {"T4.5": [["nothing here"]]})),
    ],
)
def test_workbook_without_the_sheet_names_what_it_has(tmp_path: Path, dataset: str, make: Maker) -> None:
    with pytest.raises(PayloadError, match=rf"desnz / {dataset}: expected a sheet matching .*found sheets \w+"):
        read(dataset, make(tmp_path / "x.xlsx"))
