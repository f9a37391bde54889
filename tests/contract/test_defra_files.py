"""Defra: the real workbook of collected waste (2022-23), and what a filter on six codes would make of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from expectations.runner import Runner
from sources.catalogue import load_catalogue
from sources.errors import PayloadError
from sources.sample.carry.files import Rows, open_document
from tests.home import HOME_AUTHORITIES
from tests.reading import Row, failed_checks, read

WASTE = "defra_collected_waste"
CITY_REGION = ("E50000006", "E06000006")  # Merseyside disposal authority and Halton


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


@pytest.fixture(scope="module")
def workbook(published_dir: Path) -> Path:
    return published_dir / "defra/collected_waste/LA_and_Regional_Spreadsheet_ce_observatory.ods"


@pytest.fixture(scope="module")
def tables(workbook: Path) -> dict[str, list[Row]]:
    return read(WASTE, workbook)


def rows_of(tables: dict[str, list[Row]], areas: tuple[str, ...], year: str) -> list[Row]:
    return [row for row in tables["authorities"] if row["ons_code"] in areas and row["financial_year"] == year]


def recycling_rate(rows: list[Row]) -> float:
    recycled, total = (sum(float(row[f"household_{part}"]) for row in rows) for part in ("recycled", "total"))
    return round(100 * recycled / total, 2)


@pytest.mark.published
def test_city_region_is_the_disposal_authority_and_halton(tables: dict[str, list[Row]]) -> None:
    rows = rows_of(tables, CITY_REGION, "2022-23")
    assert {row["ons_code"]: row["authority_type"] for row in rows} == dict(
        zip(CITY_REGION, ("Disposal", "Unitary"), strict=True)
    )
    assert sum(int(row["total_collected"]) for row in rows) == 745_806
    assert sum(int(row["household_recycled"]) for row in rows) == 243_146
    assert recycling_rate(rows) == 34.74


@pytest.mark.published
def test_filter_on_six_codes_would_be_wrong_and_is_caught_by_the_authority_type(tables: dict[str, list[Row]]) -> None:
    naive = rows_of(tables, HOME_AUTHORITIES, "2022-23")
    assert len(naive) == 6
    assert recycling_rate(naive) == 27.56  # looks ordinary, and leaves out what residents bring to the sites
    assert sum(int(row["total_collected"]) for row in naive) == 602_816
    assert [row["ons_code"] for row in naive if row["authority_type"] != "Collection"] == ["E06000006"]
    # With the disposal authority as well, 545,244 tonnes count twice.
    both = rows_of(tables, tuple({*HOME_AUTHORITIES, *CITY_REGION}), "2022-23")
    assert sum(int(row["total_collected"]) for row in both) == 745_806 + 545_244


@pytest.mark.published
def test_england_is_the_sum_of_what_is_counted_once(tables: dict[str, list[Row]]) -> None:
    england = {row["item"]: row["thousand_tonnes"] for row in tables["england"] if row["financial_year"] == "2022/23"}
    assert england == {
        "Total household recycling, composting and reuse": "9237",
        "Total household waste (inc. all recycling)": "22137",
        "Total LA collected waste (inc. all recycling)": "24334",
    }
    counted_once = [
        row
        for row in tables["authorities"]
        if row["financial_year"] == "2022-23" and row["authority_type"] in ("Unitary", "Disposal")
    ]
    assert round(sum(float(row["household_total"]) for row in counted_once) / 1000) == 22_137


@pytest.mark.published
def test_stated_rates_are_fractions_of_one_and_revisions_are_not_read(tables: dict[str, list[Row]]) -> None:
    stated = {row["ons_code"]: row for row in tables["rates"] if row["financial_year"] == "2022-23"}
    assert (stated["E50000006"]["recycled_fraction"], stated["E06000006"]["recycled_fraction"]) == ("0.347", "0.354")
    assert stated["E08000012"]["landfill_fraction"] == "-"
    sheets = {row["_member"] for rows in tables.values() for row in rows}
    assert sheets == {"Table_1", "Table_3", "Table_3b"}
    assert len(tables["authorities"]) == 3_088


@pytest.mark.published
@pytest.mark.parametrize("table", ["authorities", "england", "rates"])
def test_real_workbook_meets_its_landing_contract(runner: Runner, workbook: Path, table: str) -> None:
    assert failed_checks(runner, WASTE, table, workbook, relaxed=False) == []


# --- made to the layout of the real one ------------------------------------------------------------------

HEADER_1 = [
    *("Financial Year", "Region", "ONS Code", "JPP order", "Local Authority", "Authority type"),
    "Total local authority collected waste (tonnes)",
    "Household - total waste (tonnes)",
    "Household - waste sent for recycling-composting-reuse (tonnes)",
    "Household - waste not sent for recycling (tonnes)",
    "Non-household - total waste (tonnes)",
]
HEADER_3 = [
    *("Year", "Region", "ONS code", "Jpp Order", "Authority", "Authority type"),
    "Residual household waste per household (kg/household) (Ex NI191)",
    "Percentage of household waste sent for reuse, recycling or composting (Ex NI192)",
    "Percentage of municipal waste sent to landfill (Ex NI193)",
    "Collected household waste per person (kg) (Ex BVPI 84a)",
]


def made(path: Path, **changed: Rows) -> Path:
    merseyside = ["2023-24", "North West", "E50000006", 73, "Merseyside WDA (MBC)", "Disposal"]
    sheets: dict[str, Rows] = {
        "Table_1": [["Table 1"], HEADER_1, [*merseyside, 700, 650, 220, 430, 50]],
        "Table_1_2022-23_Revisions": [["Revisions"], HEADER_1, [*merseyside, -7, -6, 2, -4, 0]],
        "Table_3": [["Table 3"], HEADER_3, [*merseyside, 624.5, 0.338, "-", ":"]],
        "Table_3b": [["Household Waste Recycling", "2023-24"], ["Total household waste (inc. all recycling)", 22000]],
    }
    path.write_bytes(open_document({**sheets, **changed}))
    return path


def test_sheets_of_revisions_are_passed_over(tmp_path: Path, runner: Runner) -> None:
    path = made(tmp_path / "w.ods")
    rows = read(WASTE, path)["authorities"]
    assert [(row["_member"], row["total_collected"]) for row in rows] == [("Table_1", "700")]
    for table in ("authorities", "england", "rates"):
        assert failed_checks(runner, WASTE, table, path, relaxed=True) == []


def test_percent_in_place_of_a_fraction_is_refused(tmp_path: Path, runner: Runner) -> None:
    row = ["2023-24", "North West", "E50000006", 73, "Merseyside WDA (MBC)", "Disposal", 624.5, 33.8, 7.9, 446.5]
    path = made(tmp_path / "w.ods", Table_3=[HEADER_3, row])
    assert failed_checks(runner, WASTE, "rates", path, relaxed=True) == [
        "recycled_fraction_in_range",
        "landfill_fraction_in_range",
    ]


def test_new_kind_of_authority_is_refused_and_not_dropped(tmp_path: Path, runner: Runner) -> None:
    row = ["2023-24", "North West", "E50000006", 73, "Merseyside WDA (MBC)", "Joint", 700, 650, 220, 430, 50]
    path = made(tmp_path / "w.ods", Table_1=[HEADER_1, row])
    assert failed_checks(runner, WASTE, "authorities", path, relaxed=True) == ["authority_type_accepted"]


def test_renamed_tonnes_are_refused_by_name(tmp_path: Path) -> None:
    header = [name.replace("Household - total waste (tonnes)", "Household - total (kt)") for name in HEADER_1]
    path = made(tmp_path / "w.ods", Table_1=[header])
    with pytest.raises(PayloadError, match=r"defra_collected_waste: .*household_total missing.*sheet 'Table_1'"):
        read(WASTE, path)


def test_england_in_tonnes_is_refused(tmp_path: Path, runner: Runner) -> None:
    header = ["Household Waste Recycling", "2023/24"]
    path = made(tmp_path / "w.ods", Table_3b=[header, ["Total household waste (inc. all recycling)", 22_000_123]])
    assert failed_checks(runner, WASTE, "england", path, relaxed=True) == ["thousand_tonnes_in_range"]


def test_loader_says_it_has_read_a_real_file() -> None:
    assert load_catalogue()[WASTE].verified
