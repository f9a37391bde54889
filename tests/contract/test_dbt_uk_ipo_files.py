"""UK Innovation Survey and Facts and figures: regional sheets in the inferred shape, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from expectations.runner import Runner
from sources.errors import PayloadError
from sources.sample.carry.files import Rows, open_document
from tests.reading import Row, failed_checks, read

SURVEY, RIGHTS = "dbt_uk_innovation_survey", "ipo_facts_and_figures"
SAMPLE = Path(__file__).resolve().parents[2] / "sources/sample"
SURVEY_FILES = ["dbt_uk/UKIS_2023_regions.ods", "dbt_uk/UKIS_2025_regions.illustrative.ods"]
RIGHTS_FILE = "ipo/facts_and_figures_2024_regions.illustrative.ods"
ACTIVE = "Percentage of businesses which were innovation active, by region"


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


def document(path: Path, rows: Rows, title: str = ACTIVE) -> Path:
    path.write_bytes(open_document({"Table_1": [[title], *rows]}))
    return path


def figure(rows: list[Row], region: str, period: str) -> str:
    (value,) = (row["value"] for row in rows if (row["region"], row["period_label"]) == (region, period))
    return value


@pytest.mark.parametrize("file", SURVEY_FILES)
def test_survey_samples_meet_their_contract(runner: Runner, file: str) -> None:
    for table in read(SURVEY, SAMPLE / file):
        assert failed_checks(runner, SURVEY, table, SAMPLE / file, relaxed=True) == []


def test_sample_of_rights_meets_its_contract(runner: Runner) -> None:
    found = read(RIGHTS, SAMPLE / RIGHTS_FILE)
    assert set(found) == {"patents_granted", "trade_marks_registered", "designs_registered"}
    for table in found:
        assert failed_checks(runner, RIGHTS, table, SAMPLE / RIGHTS_FILE, relaxed=True) == []


def test_published_shares_are_those_of_the_survey() -> None:
    """UKIS 2023 report, 9 May 2024: 36 % of United Kingdom businesses in 2020-2022, 37 % in England."""
    rows = read(SURVEY, SAMPLE / SURVEY_FILES[0])["innovation_active"]
    assert figure(rows, "United Kingdom", "2020-22") == "36"
    assert figure(rows, "England", "2020-22") == "37"
    assert figure(rows, "North West", "2020-22") == "35"


def test_fractions_are_refused(tmp_path: Path, runner: Runner) -> None:
    path = document(tmp_path / "t.ods", [["Region", "2020-22"], ["North West", 0.35], ["United Kingdom", 0.36]])
    assert failed_checks(runner, SURVEY, "innovation_active", path, relaxed=True) == ["value_in_range_2"]


def test_whole_release_has_the_region_and_the_nation(tmp_path: Path, runner: Runner) -> None:
    path = document(tmp_path / "t.ods", [["Region", "2020-22"], ["London", 35]])
    assert "areas_present" in failed_checks(runner, SURVEY, "innovation_active", path, relaxed=False)


def test_sheet_by_size_of_business_is_not_taken(tmp_path: Path) -> None:
    path = document(tmp_path / "t.ods", [["Region", "2020-22"], ["London", 35]], title=ACTIVE.replace("region", "size"))
    with pytest.raises(PayloadError, match="expected a sheet matching"):
        read(SURVEY, path)


def test_rights_without_years_are_refused(tmp_path: Path) -> None:
    path = document(tmp_path / "t.ods", [["Region", "Applications"], ["London", 35]], title="Patents granted by region")
    with pytest.raises(PayloadError, match="columns matching"):
        read(RIGHTS, path)
