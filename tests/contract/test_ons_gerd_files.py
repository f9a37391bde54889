"""Research and development by region: the sample's sheet, in the shape that public code reads, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from expectations.runner import Runner
from sources.errors import PayloadError
from sources.sample.carry.files import Rows, workbook
from sources.sample.carry.ons import higher_education_research
from tests.reading import failed_checks, read

GERD = "ons_gerd"
HEADER = ["Country or region", "Government and UKRI", "Higher education", "Business", "Total"]
TITLE = [["Table 5: Expenditure by country or region, UK, 2023"], ["£ million"]]


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


def sheet(path: Path, *rows: list[str | int | float], title: Rows = TITLE) -> Path:
    path.write_bytes(workbook({"5": [*title, HEADER, *rows]}))
    return path


def test_sample_meets_its_contract(tmp_path: Path, runner: Runner) -> None:
    path = tmp_path / "gerd.xlsx"
    path.write_bytes(higher_education_research().content)
    rows = read(GERD, path)["higher_education"]
    assert [(row["region"], row["value"], row["period_label"]) for row in rows] == [
        ("United Kingdom", "10000", "2023"),
        ("North West", "1000", "2023"),
    ]
    assert failed_checks(runner, GERD, "higher_education", path, relaxed=True) == []


def test_block_for_each_of_two_years_is_refused(tmp_path: Path, runner: Runner) -> None:
    path = sheet(tmp_path / "t.xlsx", ["North West", 1, 1000, 1, 1], ["North West", 1, 900, 1, 1])
    assert failed_checks(runner, GERD, "higher_education", path, relaxed=True) == ["key_unique"]


def test_billions_are_refused(tmp_path: Path, runner: Runner) -> None:
    path = sheet(tmp_path / "t.xlsx", ["North West", 1, 1.1, 1, 1])
    assert failed_checks(runner, GERD, "higher_education", path, relaxed=True) == ["value_in_range_2"]


def test_sheet_that_does_not_say_year_and_unit_is_refused(tmp_path: Path, runner: Runner) -> None:
    path = sheet(tmp_path / "t.xlsx", ["North West", 1, 1000, 1, 1], title=[["Table 5"]])
    assert failed_checks(runner, GERD, "higher_education", path, relaxed=True) == ["period_label_filled", "unit_filled"]


def test_other_table_under_the_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(workbook({"5": [["Sector funding the R&D", 2022, 2023], ["Business", 1, 2]]}))
    with pytest.raises(PayloadError, match="region, value missing"):
        read(GERD, path)
