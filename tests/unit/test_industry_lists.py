"""Lists of industries and of town centres: what the catalogue asks for is what the seeds add up, and it exists."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sources.catalogue import DiscoverNomis, load_catalogue

SEEDS = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds"
CLASS_BASE = 138_412_032  # Nomis's id of a class of SIC 2007 is this + its four digits


def rows_of(seed: str) -> list[dict[str, str]]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def classes_of(*lists: str) -> set[str]:
    return {row["sic_code"] for row in rows_of("framework/sic_lists") if not lists or row["list_id"] in lists}


def asked(dataset: str) -> DiscoverNomis:
    discover = load_catalogue()[dataset].discover
    assert isinstance(discover, DiscoverNomis)
    return discover


@pytest.mark.parametrize(
    ("dataset", "lists"),
    [("nomis_nm_189_1_classes", ()), ("nomis_nm_142_1_classes", ("creative", "low_carbon"))],
)
def test_the_catalogue_asks_for_the_classes_of_the_lists(dataset: str, lists: tuple[str, ...]) -> None:
    (query,) = asked(dataset).queries
    codes = [code.strip() for code in query.parameters["industry"].split(",")]
    assert codes == sorted(str(CLASS_BASE + int(sic)) for sic in classes_of(*lists))


def test_lists_say_where_they_are_from_and_whether_it_was_read() -> None:
    by_list: dict[str, set[tuple[str, str, str]]] = {}
    for row in rows_of("framework/sic_lists"):
        by_list.setdefault(row["list_id"], set()).add((row["source"], row["version"], row["verified"]))
    assert {name: len(sources) for name, sources in by_list.items()} == dict.fromkeys(by_list, 1)
    verified = {name for name, ((_, _, answer),) in by_list.items() if answer == "true"}
    assert verified == {"creative", "cultural"}
    assert set(by_list) == verified | {"tourism", "low_carbon", "circular"}


def test_low_carbon_stays_narrow() -> None:
    """Classes in which low-carbon activity is the exception would make the count one of something else."""
    assert classes_of("low_carbon") == {"2711", "2720", "2740", "3511", "3530"}


@pytest.mark.published
def test_every_class_exists(published_dir: Path) -> None:
    with (published_dir / "nomis" / "SIClookup.csv").open(encoding="latin-1", newline="") as file:
        known = {row["SIC_5DIGIT_CODE"][:4] for row in csv.DictReader(file)}
    assert classes_of() - known == set()


def test_the_catalogue_asks_for_the_chosen_small_areas() -> None:
    chosen = {row["lsoa_code"] for row in rows_of("geography/town_centre_lsoas")}
    assert set(asked("nomis_nm_189_1_lsoa").geography) == chosen
    (table,) = load_catalogue()["nomis_nm_189_1_lsoa"].tables
    assert set(table.expect.areas) == chosen


def test_an_authority_with_a_town_centre_is_a_member_and_no_other_is() -> None:
    with_centre = {row["area_code"] for row in rows_of("geography/town_centre_lsoas")}
    members = {
        row["member_code"]
        for row in rows_of("geography/provider_memberships")
        if (row["dataset"], row["parent_code"]) == ("nomis_nm_189_1_lsoa", "E47000004")
    }
    assert members == with_centre


@pytest.mark.published
def test_every_chosen_small_area_is_one_of_2011(published_dir: Path) -> None:
    path = published_dir / "mhclg/indices_of_deprivation/humaniverse_imd2019_england_lsoa11.csv"
    with path.open(encoding="utf-8", newline="") as file:
        known = {row["lsoa11_code"] for row in csv.DictReader(file)}
    assert {row["lsoa_code"] for row in rows_of("geography/town_centre_lsoas")} - known == set()
