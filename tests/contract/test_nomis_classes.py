"""Employment and enterprises by class of industry, and by small area: the sample read as an ingest reads it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from expectations.runner import Runner
from tests.reading import Row, failed_checks, read

SAMPLE = Path(__file__).resolve().parents[2] / "sources/sample/nomis"
BRES, COUNTS, SMALL_AREAS = "nomis_nm_189_1_classes", "nomis_nm_142_1_classes", "nomis_nm_189_1_lsoa"
FILES = {
    BRES: "NM_189_1.classes.data.csv",
    COUNTS: "NM_142_1.classes.illustrative.data.csv",
    SMALL_AREAS: "NM_189_1.lsoa.illustrative.data.csv",
}


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


def sample_rows(dataset: str) -> list[Row]:
    with (SAMPLE / FILES[dataset]).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def written(path: Path, rows: list[Row]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize("dataset", list(FILES))
def test_the_sample_meets_its_contract(runner: Runner, dataset: str) -> None:
    assert failed_checks(runner, dataset, "cells", SAMPLE / FILES[dataset], relaxed=True) == []


def test_a_class_is_the_sum_of_its_subclasses() -> None:
    """Merseyside 2021: 71.11 is architecture, 1,250, and urban planning and landscape architecture, 100."""
    cells = {
        (row["date_code"], row["industry_code"]): row["obs_value"] for row in read(BRES, SAMPLE / FILES[BRES])["cells"]
    }
    assert cells["2021", "7111"] == "1350"
    assert cells["2021", "9001"] == "500"
    assert {year for year, _ in cells} == {str(year) for year in range(2015, 2022)}


@pytest.mark.published
def test_classes_equal_the_published_subclasses(published_dir: Path) -> None:
    path = published_dir / "nomis/bres_itl2/DERIVED_bres_itl2_merseyside_5digit_2015_2021.csv"
    with path.open(encoding="utf-8", newline="") as file:
        published = list(csv.DictReader(file))
    for row in read(BRES, SAMPLE / FILES[BRES])["cells"]:
        parts = [
            float(other["COUNT"])
            for other in published
            if other["DATE"] == row["date_code"] and other["INDUSTRY_CODE"].startswith(row["industry_code"])
        ]
        assert float(row["obs_value"]) == sum(parts), row


def total_in_its_place(rows: list[Row]) -> list[Row]:
    total = {"INDUSTRY": "37748736", "INDUSTRY_NAME": "Total", "INDUSTRY_CODE": "37748736"}
    return [rows[0] | total, *rows[1:]]


def twice(rows: list[Row]) -> list[Row]:
    return [*rows, rows[0]]


def of_a_county(rows: list[Row]) -> list[Row]:
    return [row | {"GEOGRAPHY_CODE": "Merseyside"} for row in rows]


def employees(rows: list[Row]) -> list[Row]:
    return [row | {"EMPLOYMENT_STATUS": "1"} for row in rows]


def of_local_units(rows: list[Row]) -> list[Row]:
    return [row | {"EMPLOYMENT_SIZEBAND": "10"} for row in rows]


def by_section(rows: list[Row]) -> list[Row]:
    return [row | {"INDUSTRY": "150994945", "INDUSTRY_CODE": "A"} for row in rows]


@pytest.mark.parametrize(
    ("dataset", "spoil", "check"),
    [
        (BRES, total_in_its_place, "industry"),
        (BRES, twice, "key_unique"),
        (BRES, of_a_county, "geography_code"),
        (BRES, employees, "employment_status"),
        (COUNTS, total_in_its_place, "industry"),
        (COUNTS, of_local_units, "employment_sizeband"),
        (SMALL_AREAS, by_section, "industry"),
        (SMALL_AREAS, of_a_county, "geography_code"),
    ],
)
def test_a_reply_of_something_else_is_refused(
    runner: Runner, tmp_path: Path, dataset: str, spoil: Callable[[list[Row]], list[Row]], check: str
) -> None:
    path = written(tmp_path / "reply.csv", spoil(sample_rows(dataset)))
    failed = failed_checks(runner, dataset, "cells", path, relaxed=True)
    assert [name for name in failed if check in name], failed


@pytest.mark.parametrize("dataset", [BRES, COUNTS])
def test_a_whole_release_has_every_home_authority(runner: Runner, tmp_path: Path, dataset: str) -> None:
    rows = [row for row in sample_rows(dataset) if row["GEOGRAPHY_CODE"] != "E08000012"]
    path = written(tmp_path / "reply.csv", rows)
    assert "areas_present" in failed_checks(runner, dataset, "cells", path, relaxed=False)


def test_a_whole_release_has_every_chosen_small_area(runner: Runner, tmp_path: Path) -> None:
    rows = [row | {"GEOGRAPHY_CODE": "E01006512"} for row in sample_rows(SMALL_AREAS)]
    path = written(tmp_path / "reply.csv", rows)
    assert "areas_present" in failed_checks(runner, SMALL_AREAS, "cells", path, relaxed=False)
