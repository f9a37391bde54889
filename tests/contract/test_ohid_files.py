"""OHID Fingertips: real replies (for other indicators than ours), and replies made to their layout."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from expectations.runner import Runner
from sources.errors import PayloadError
from sources.sample.carry.ohid import HEADER
from tests.reading import failed_checks, read

FINGERTIPS = "ohid_fingertips"
OTHER = {"Category": "another row"}


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


@pytest.mark.published
def test_real_reply_reads_with_counts_and_limits(published_dir: Path) -> None:
    path = published_dir / "ohid/fingertips/fingertips_93532_dependent_drinkers_sample.csv"
    rows = read(FINGERTIPS, path)["observations"]
    assert len(rows) == 17
    halton = next(row for row in rows if row["area_code"] == "E06000006" and row["time_period"] == "2019/20")
    assert (halton["value"], halton["persons_counted"], halton["denominator"]) == ("81.29164531", "1586", "1951")
    assert (halton["lower_ci_95"], halton["upper_ci_95"]) == ("74.54672245", "86.78653312")
    assert (halton["category_type"], halton["sex"], halton["age"]) == ("", "Persons", "18+ yrs")
    assert float(halton["value"]) == pytest.approx(100 * 1586 / 1951, abs=1e-6)


@pytest.mark.published
@pytest.mark.parametrize("file", ["fingertips_93532_dependent_drinkers_sample.csv", "fingertips_opiates_sample.csv"])
def test_real_replies_meet_the_contract_of_an_excerpt(published_dir: Path, runner: Runner, file: str) -> None:
    path = published_dir / "ohid/fingertips" / file
    assert failed_checks(runner, FINGERTIPS, "observations", path, relaxed=True) == []
    assert "areas_present" in failed_checks(runner, FINGERTIPS, "observations", path, relaxed=False)


def reply(path: Path, header: list[str], *changes: dict[str, str]) -> Path:
    good = {
        "Indicator ID": "848",
        "Indicator Name": "Depression: QOF prevalence (18+ yrs)",
        "Area Code": "E08000012",
        "Sex": "Persons",
        "Age": "18+ yrs",
        "Time period": "2022/23",
        "Time period Sortable": "20220000",
        "Value": "15.5",
    }
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for change in changes:
            row = {**good, **change}
            writer.writerow(row.get(name, "") for name in header)
    return path


def test_columns_named_after_the_request_may_be_called_anything(tmp_path: Path) -> None:
    renamed = {
        "Column not used": "Compared to Regions (statistical) value or percentiles",
        "Compared to goal": "Target data",
    }
    header = [renamed.get(name, name) for name in HEADER]
    assert read(FINGERTIPS, reply(tmp_path / "f.csv", header, {}))["observations"][0]["value"] == "15.5"


def test_repeated_row_is_read_once_and_contradicting_rows_are_refused(tmp_path: Path, runner: Runner) -> None:
    repeated = reply(tmp_path / "repeated.csv", list(HEADER), {}, {"Area Code": "E92000001"}, {})
    rows = read(FINGERTIPS, repeated)["observations"]
    assert [(row["area_code"], row["_row_number"]) for row in rows] == [("E08000012", "2"), ("E92000001", "3")]
    contradicting = reply(tmp_path / "contradicting.csv", list(HEADER), {}, {"Value": "16"})
    assert failed_checks(runner, FINGERTIPS, "observations", contradicting, relaxed=True) == ["key_unique"]


def test_reply_without_counts_column_is_refused(tmp_path: Path) -> None:
    header = [name for name in HEADER if name != "Denominator"]
    with pytest.raises(PayloadError, match=r"ohid_fingertips: .*denominator missing"):
        read(FINGERTIPS, reply(tmp_path / "f.csv", header, {}))


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"Value": "155"}, "value_in_range"),
        ({"Value": "n/a"}, "value_matches_pattern"),
        ({"Sex": "Not applicable"}, "sex_accepted"),
        ({"Time period": "Q1 2023"}, "time_period_matches_pattern"),
        ({"Area Code": "L81042"}, "area_code_matches_pattern"),  # a general practice
    ],
)
def test_reply_that_looks_ordinary_but_is_not_is_refused(
    tmp_path: Path, runner: Runner, change: dict[str, str], check: str
) -> None:
    path = reply(tmp_path / "f.csv", list(HEADER), {}, {"Area Code": "E08000013", "Value": "*"}, change | OTHER)
    assert failed_checks(runner, FINGERTIPS, "observations", path, relaxed=True) == [check]
