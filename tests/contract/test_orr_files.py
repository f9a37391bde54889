"""ORR: the real file of station usage 2020-21, and a file made to the documented layout of later editions."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from expectations.runner import Runner
from sources.errors import PayloadError
from tests.home import HOME_AUTHORITIES
from tests.reading import Row, failed_checks, read

USAGE = "orr_station_usage"
STATIONS = Path(__file__).resolve().parents[2] / "dbt_project/seeds/geography/stations.csv"
NAMES = {
    "Halton": "E06000006",
    "Knowsley": "E08000011",
    "Liverpool": "E08000012",
    "St. Helens": "E08000013",
    "Sefton": "E08000014",
    "Wirral": "E08000015",
}


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


@pytest.fixture(scope="module")
def usage_file(published_dir: Path) -> Path:
    return published_dir / "orr/station_usage/table-1410_2020-21.csv"


@pytest.fixture(scope="module")
def usage(usage_file: Path) -> list[Row]:
    return read(USAGE, usage_file)["stations_by_year"]


@pytest.fixture(scope="module")
def authority_of() -> dict[str, str]:
    """NLC -> local authority, of the seed."""
    with STATIONS.open(encoding="utf-8", newline="") as file:
        return {row["nlc"]: row["area_code"] for row in csv.DictReader(file)}


@pytest.mark.published
def test_entries_and_exits_add_up_over_85_stations(usage: list[Row], authority_of: dict[str, str]) -> None:
    home = [row for row in usage if authority_of.get(row["nlc"]) in HOME_AUTHORITIES]
    sums: Counter[str] = Counter()
    for row in home:
        sums[row["period_label"]] += int(row["value"].replace(",", ""))
    assert sums == {
        "2020-21 Entries and exits - TOTAL": 27_579_802,
        "2019-20 Entries and exits - TOTAL": 110_871_920,
    }
    stations = Counter(authority_of[nlc] for nlc in {row["nlc"] for row in home})
    assert sum(stations.values()) == 85
    assert stations == {
        "E08000015": 25,
        "E08000012": 22,
        "E08000014": 18,
        "E08000013": 10,
        "E08000011": 6,
        "E06000006": 4,
    }


@pytest.mark.published
def test_the_seed_places_home_stations_where_the_publisher_does(usage: list[Row], authority_of: dict[str, str]) -> None:
    published = {row["nlc"]: NAMES.get(row["local_authority"]) for row in usage}
    for nlc, area in authority_of.items():
        assert (area if area in HOME_AUTHORITIES else None) == published[nlc], nlc


@pytest.mark.published
def test_the_seed_has_every_station_of_england_once(usage: list[Row], authority_of: dict[str, str]) -> None:
    assert set(authority_of) == {row["nlc"] for row in usage if row["region"] not in ("Scotland", "Wales")}
    assert len(authority_of) == 1_989


@pytest.mark.published
def test_real_station_usage_meets_its_landing_contract(runner: Runner, usage_file: Path) -> None:
    assert failed_checks(runner, USAGE, "stations_by_year", usage_file, relaxed=False) == []


HEADER = [
    "Station name",
    "Entries and exits: \nFull price tickets",
    "Entries and exits:\nAll tickets",
    "Interchanges",
    "National Location Code (NLC)",
    "Three Letter Code\n(TLC)",
    "Region",
]
LIVE_NAME = "table-1410-passenger-entries-and-exits-and-interchanges-by-station.csv"


def later_edition(folder: Path, title: str, value: str = "16,000,000") -> Path:
    path = folder / LIVE_NAME
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([[title], ["Some shorthand is used"], ["Released 4 December 2025"], HEADER])
        writer.writerow(["Liverpool Central [note 3]", "1", value, "0", "2242", "LVC", "North West"])
        writer.writerow(["", "", "", "", "", "", ""])
    return path


TITLE = "Table 1410: Passenger entries and exits and interchanges by station, annual data, April 2024 to March 2025"


def test_later_editions_say_their_year_in_the_title(tmp_path: Path, runner: Runner) -> None:
    path = later_edition(tmp_path, TITLE)
    (row,) = read(USAGE, path)["stations"]
    assert (row["nlc"], row["value"], row["period_label"]) == ("2242", "16,000,000", "April 2024 to March 2025")
    # One header line is three physical lines; a spreadsheet shows it as one row.
    assert row["_row_number"] == "5"
    assert failed_checks(runner, USAGE, "stations", path, relaxed=True) == []


def test_a_later_edition_without_its_year_breaks_its_contract(tmp_path: Path, runner: Runner) -> None:
    path = later_edition(tmp_path, "Table 1410: Passenger entries and exits")
    assert failed_checks(runner, USAGE, "stations", path, relaxed=True) == ["period_label_filled"]


def test_a_file_under_another_name_is_refused(tmp_path: Path) -> None:
    path = later_edition(tmp_path, TITLE).rename(tmp_path / "table-6329.csv")
    with pytest.raises(PayloadError, match="expected a file matching"):
        read(USAGE, path)
