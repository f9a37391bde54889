"""Community Life Survey: the sample's workbook, in the shape that public code reads, and what its contract refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from expectations.runner import Runner
from sources.errors import PayloadError
from sources.sample.carry.files import workbook
from tests.home import HOME_AUTHORITIES
from tests.reading import failed_checks, read

SURVEY = "dcms_community_life"
SAMPLE = (
    Path(__file__).resolve().parents[2]
    / "sources/sample/dcms/Community_Life_Survey_2024_25_Annual_tables.illustrative.xlsx"
)
TITLE = "Levels of agreement that you are proud to live in your local area, by local authority, England"
HEADER = ["Question", "Response Breakdown ", "2023/24 Percentage (%)", "2023/24 Unweighted Base", "LAD23 code"]
ENGLAND = [
    ["Levels of agreement that you are proud to live in your local area, England"],
    ["Question", "Topic Breakdown", "Individual Breakdown", "Response", "2023/24 Percentage (%)"],
    ["Proud", "Total", "Total", "Agree", 60],
]


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


def tables(path: Path, share: Any, title: str = TITLE, header: list[str] = HEADER, england: Any = None) -> Path:
    rows = [["", "x", share, 500, area] for area in HOME_AUTHORITIES]
    sheets = {"B10c": [[title], header, ["Proud"], *rows], "B10b": england or ENGLAND}
    path.write_bytes(workbook(sheets))
    return path


def test_sample_meets_its_contract(runner: Runner) -> None:
    found = read(SURVEY, SAMPLE)
    assert len({row["question"] for row in found["authorities"]}) == 4
    assert {row["area_code"] for row in found["authorities"]} == set(HOME_AUTHORITIES)
    liverpool = {
        row["figure"]: row["value"]
        for row in found["authorities"]
        if row["area_code"] == "E08000012" and "influence decisions" in row["question"]
    }
    assert liverpool == {
        "2024/25 Percentage (%)": "20",
        "2024/25 Lower Estimate percentage (%)": "17",
        "2024/25 Upper Estimate percentage (%)": "23",
    }
    assert {row["area_name"] for row in found["england"]} == {"Total"}
    for table in found:
        assert failed_checks(runner, SURVEY, table, SAMPLE, relaxed=True) == []


def test_sheets_are_found_by_their_question_whatever_they_are_called(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    other = [["Extent to which people can be trusted, by local authority"], HEADER, ["", "x", 9, 5, "E08000012"]]
    rows = [[TITLE], HEADER, ["", "x", 60, 500, "E08000012"]]
    path.write_bytes(workbook({"B4c": other, "D7c": rows, "D7b": ENGLAND}))
    (row,) = read(SURVEY, path)["authorities"]
    assert (row["value"], row["_member"]) == ("60", "D7c")


def test_fractions_are_refused(tmp_path: Path, runner: Runner) -> None:
    path = tables(tmp_path / "t.xlsx", 0.6)
    assert failed_checks(runner, SURVEY, "authorities", path, relaxed=True) == ["value_in_range_2"]


def test_sheet_of_another_cut_is_refused(tmp_path: Path, runner: Runner) -> None:
    path = tables(tmp_path / "t.xlsx", 60, title=TITLE.replace("local authority", "age"))
    assert failed_checks(runner, SURVEY, "authorities", path, relaxed=True) == ["question_matches_pattern"]


def test_second_answer_for_england_is_refused(tmp_path: Path, runner: Runner) -> None:
    two = [*ENGLAND, ["Proud", "Total", "Total", "Disagree", 20]]
    path = tables(tmp_path / "t.xlsx", 60, england=two)
    assert failed_checks(runner, SURVEY, "england", path, relaxed=True) == ["key_unique"]


def test_table_without_codes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PayloadError, match="area_code missing"):
        read(SURVEY, tables(tmp_path / "t.xlsx", 60, header=HEADER[:4]))


def test_workbook_without_the_questions_is_refused(tmp_path: Path) -> None:
    path = tables(tmp_path / "t.xlsx", 60, title="Loneliness, by local authority")
    with pytest.raises(PayloadError, match="influence decisions"):
        read(SURVEY, path)
