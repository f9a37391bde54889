"""DfT: the real road traffic file and bus workbook, and workbooks made to the documented layout of the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from expectations.runner import Runner
from sources.errors import PayloadError
from tests.home import HOME_AUTHORITIES
from tests.reading import Row, failed_checks, read

ROADS, BUS, ADULTS = "dft_road_traffic", "dft_bus", "dft_walking_cycling"


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


# --- road traffic: the real file -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def traffic_file(published_dir: Path) -> Path:
    return published_dir / "dft/road_traffic/local_authority_traffic_PLEASEM.csv"


@pytest.mark.published
def test_vehicle_miles_add_up_for_the_city_region(traffic_file: Path) -> None:
    rows = read(ROADS, traffic_file)["traffic"]
    assert len(rows) == 6_353
    home = {
        row["local_authority_code"]: row
        for row in rows
        if row["year"] == "2023" and row["local_authority_code"] in HOME_AUTHORITIES
    }
    cars = {area: float(home[area]["cars_and_taxis"]) for area in HOME_AUTHORITIES}
    assert cars == {
        "E06000006": 495_600_000,
        "E08000011": 770_500_000,
        "E08000012": 1_104_600_000,
        "E08000013": 636_300_000,
        "E08000014": 587_400_000,
        "E08000015": 903_100_000,
    }
    assert sum(cars.values()) == 4_497_500_000
    # The publisher writes some whole numbers in scientific notation.
    assert home["E06000006"]["all_motor_vehicles"] == "6.34e+08"
    assert sum(float(row["all_motor_vehicles"]) for row in home.values()) == 5_644_100_000


@pytest.mark.published
def test_real_traffic_file_meets_its_landing_contract(runner: Runner, traffic_file: Path) -> None:
    assert failed_checks(runner, ROADS, "traffic", traffic_file, relaxed=False) == []


@pytest.mark.published
def test_numbers_of_authorities_are_those_of_the_seed(traffic_file: Path) -> None:
    rows = read(ROADS, traffic_file)["traffic"]
    numbered = {(row["local_authority_id"], row["local_authority_code"]) for row in rows}
    seeded = {("156", "E06000006"), ("157", "E08000011"), ("161", "E08000012")}
    seeded |= {("158", "E08000013"), ("192", "E08000014"), ("84", "E08000015")}
    assert seeded <= numbered


def test_a_traffic_file_without_codes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "local_authority_traffic.csv"
    path.write_text(
        '"year","local_authority_id","local_authority_name","link_length_km","cars_and_taxis","all_motor_vehicles"\n'
        '2017,161,"Liverpool",1431.13,1000000000,1.2e+09\n',
        encoding="utf-8",
    )
    (row,) = read(ROADS, path)["traffic"]
    assert (row["local_authority_id"], row["local_authority_code"], row["year"]) == ("161", "", "2017")


def test_traffic_in_thousands_breaks_its_contract(tmp_path: Path, runner: Runner) -> None:
    path = tmp_path / "local_authority_traffic.csv"
    path.write_text(
        "local_authority_id,local_authority_name,local_authority_code,year,cars_and_taxis,all_motor_vehicles\n"
        "1,Isles of Scilly,E06000053,2023,900,1400\n",
        encoding="utf-8",
    )
    assert len(failed_checks(runner, ROADS, "traffic", path, relaxed=True)) == 2


# --- bus: the real workbook ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bus_workbook(published_dir: Path) -> Path:
    return published_dir / "dft/bus/bus01_2022.xlsx"


@pytest.fixture(scope="module")
def journeys(bus_workbook: Path) -> list[Row]:
    return read(BUS, bus_workbook)["journeys"]


@pytest.mark.published
def test_bus_journeys_of_the_city_region_are_merseyside_and_halton(journeys: list[Row]) -> None:
    millions = {(row["area_code"], row["period_label"]): row["value"] for row in journeys}
    merseyside, halton = (float(millions[area, "2021/22"]) for area in ("E11000002", "E06000006"))
    assert round(merseyside, 3) == 72.312
    assert round(halton, 3) == 3.276
    assert round(merseyside + halton, 3) == 75.587
    assert {row["unit"] for row in journeys} == {"millions"}


@pytest.mark.published
def test_six_authority_codes_find_halton_alone_in_the_bus_table(journeys: list[Row]) -> None:
    """The trap: five sixths of the city region are a transport authority, whose code is not one of the six."""
    assert {row["area_code"] for row in journeys} & set(HOME_AUTHORITIES) == {"E06000006"}


@pytest.mark.published
def test_bus_labels_lose_their_blanks_and_rows_keep_what_was_revised(journeys: list[Row]) -> None:
    labels = sorted({row["period_label"] for row in journeys})
    assert (labels[0], labels[5], labels[-1], len(labels)) == ("2009/10", "2014/15", "2021/22", 13)
    revised = {row["area_code"]: row["revised"] for row in journeys}
    assert revised["E06000006"] == "[r] 2017/18 - 2018/19, [p] 2018/19 - 2021/22"
    england = [row for row in journeys if row["area_code"] == "[z]"]
    assert {row["area_name"] for row in england} == {"England"}


@pytest.mark.published
def test_real_bus_workbook_meets_its_landing_contract(runner: Runner, bus_workbook: Path) -> None:
    assert failed_checks(runner, BUS, "journeys", bus_workbook, relaxed=False) == []


def test_later_bus_editions_label_years_by_their_end(tmp_path: Path) -> None:
    rows = [
        ["Passenger journeys on local bus services by local authority: England"],
        ["Passenger journeys, millions"],
        ["LA Code", "LA or Region", "2024", "2025"],
        ["E11000002", "Merseyside ITA", 80.5, "[z]"],
    ]
    found = read(BUS, workbook(tmp_path / "bus01.xlsx", {"BUS01e": rows}))["journeys"]
    assert [(row["period_label"], row["value"], row["revised"]) for row in found] == [
        ("2024", "80.5", ""),
        ("2025", "[z]", ""),
    ]


# --- walking and cycling: the documented layout ----------------------------------------------------------


def adults_workbook(path: Path, sheet: str, value: Any, purpose: str = "Any") -> Path:
    title: list[list[Any]] = [[f"title row {number}"] for number in range(4)]
    header = ["ONS Code", "Area name", "Purpose", "Frequency", "2022", "2023"]
    rows = [[area, "x", purpose, "At least once per week", 60.25, value] for area in HOME_AUTHORITIES]
    return workbook(path, {"Cover": [["Cover"]], sheet: [*title, header, *rows]})


def test_each_survey_table_is_a_file_and_a_part_of_its_own(tmp_path: Path, runner: Runner) -> None:
    walking = adults_workbook(tmp_path / "cw0303.xlsx", "CW0303_Any_Purpose", 61.5)
    cycling = adults_workbook(tmp_path / "CW0302.xlsx", "CW0302", 7.5)
    assert list(read(ADULTS, walking)) == ["walking"]
    assert list(read(ADULTS, cycling)) == ["cycling"]
    rows = read(ADULTS, walking)["walking"]
    assert {(row["period_label"], row["value"]) for row in rows} == {("2022", "60.25"), ("2023", "61.5")}
    assert failed_checks(runner, ADULTS, "walking", walking, relaxed=True) == []


def test_an_unknown_purpose_breaks_the_survey_contract(tmp_path: Path, runner: Runner) -> None:
    path = adults_workbook(tmp_path / "cw0303.xlsx", "CW0303", 61.5, purpose="Work")
    assert failed_checks(runner, ADULTS, "walking", path, relaxed=True) == ["purpose_accepted"]


def test_a_survey_table_without_purposes_is_refused(tmp_path: Path) -> None:
    rows = [["LA code", "Local authority", "Once per month", "2018"], ["E08000012", "Liverpool", 80, 70]]
    with pytest.raises(PayloadError, match="purpose, frequency missing"):
        read(ADULTS, workbook(tmp_path / "cw0303.xlsx", {"CW0303": rows}))
