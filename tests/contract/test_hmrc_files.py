"""HMRC: the sample's workbook and replies, in the documented shape, and what their landing contracts refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from expectations.runner import Runner
from sources.errors import PayloadError
from sources.sample.carry.files import archive, workbook
from sources.sample.carry.hmrc import HEADER, replies, smaller_areas
from tests.reading import failed_checks, read

SMALLER, RTS = "hmrc_regional_trade_smaller_areas", "hmrc_uktradeinfo_rts"


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


# --- smaller areas ---------------------------------------------------------------------------------------


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def tables(path: Path, *rows: list[Any], header: tuple[Any, ...] = HEADER, year: str = "2024 data") -> Path:
    title = [["HM Revenue and Customs"], [year], ["Detailed Data Tables"]]
    return written(path, workbook({"Title": title, "T2 ITL2": [["Title"], header, *rows]}))


def test_sample_meets_its_contract(tmp_path: Path, runner: Runner) -> None:
    path = written(tmp_path / "tables.xlsx", smaller_areas())
    found = read(SMALLER, path)
    assert {row["year"] for row in found["edition"]} == {"2025"}
    merseyside = {
        (row["flow"], row["partner"]): (row["value_gbp_million"], row["businesses"])
        for row in found["trade"]
        if row["itl2"] == "Merseyside"
    }
    assert merseyside["Exp", "Non-EU"] == ("1000", "100")
    for table in ("trade", "edition"):
        assert failed_checks(runner, SMALLER, table, path, relaxed=True) == []


def test_home_area_must_be_among_the_areas(tmp_path: Path, runner: Runner) -> None:
    path = tables(tmp_path / "t.xlsx", ["Exp", "EU", "TLD7", 1, 2])
    assert "areas_present" in failed_checks(runner, SMALLER, "trade", path, relaxed=False)


def test_partner_countries_break_the_key(tmp_path: Path, runner: Runner) -> None:
    rows = [["Exp", "EU", "Merseyside", 1, 2], ["Exp", "EU", "Merseyside", 3, 4]]
    assert failed_checks(runner, SMALLER, "trade", tables(tmp_path / "t.xlsx", *rows), relaxed=True) == ["key_unique"]


@pytest.mark.parametrize(
    ("row", "failed"),
    [
        (["Exp", "France", "Merseyside", 1, 2], "partner_matches_pattern"),
        (["Exp", "EU", "Merseyside", 1_500_000_000, 2], "value_gbp_million_in_range"),
        (["Exp", "EU", "Merseyside", "-", 2], "value_gbp_million_matches_pattern"),
        (["Exp", "EU", "Merseyside", 1, "c"], "businesses_matches_pattern"),
    ],
)
def test_what_is_not_documented_is_refused(tmp_path: Path, runner: Runner, row: list[Any], failed: str) -> None:
    assert failed_checks(runner, SMALLER, "trade", tables(tmp_path / "t.xlsx", row), relaxed=True) == [failed]


def test_workbook_that_does_not_say_its_year_is_refused(tmp_path: Path, runner: Runner) -> None:
    path = tables(tmp_path / "t.xlsx", ["Exp", "EU", "Merseyside", 1, 2], year="Released in November")
    assert failed_checks(runner, SMALLER, "edition", path, relaxed=True) == ["year_filled"]


def test_table_without_counts_is_refused(tmp_path: Path) -> None:
    path = tables(tmp_path / "t.xlsx", ["Exp", "EU", "Merseyside", 1], header=HEADER[:4])
    with pytest.raises(PayloadError, match="businesses missing"):
        read(SMALLER, path)


# --- UK Trade Info ---------------------------------------------------------------------------------------


def reply_files(path: Path, sums: list[dict[str, Any]]) -> Path:
    members = {
        "RTS_page001.json": sums,
        "Region.json": [{"RegionId": 2, "RegionName": "North West"}],
        "FlowType.json": [{"FlowTypeId": 2, "FlowTypeDescription": "EU Exports"}],
    }
    return written(path, archive({name: json.dumps({"value": rows}).encode() for name, rows in members.items()}))


def total(value: float, month: int = 202401) -> dict[str, Any]:
    return {"MonthId": month, "GovRegionId": 2, "FlowTypeId": 2, "TotalValue": value}


def test_replies_of_one_request_are_one_release(tmp_path: Path, runner: Runner) -> None:
    path = written(tmp_path / "rts.zip", replies())
    found = read(RTS, path)
    assert {name: len(rows) for name, rows in found.items()} == {"trade": 32, "regions": 2, "flows": 4}
    assert found["flows"][1]["flow_name"] == "EU Exports          "
    for table in found:
        assert failed_checks(runner, RTS, table, path, relaxed=True) == []


def test_values_in_thousands_are_refused(tmp_path: Path, runner: Runner) -> None:
    path = reply_files(tmp_path / "rts.zip", [total(3_000_000.5), total(2_500_000, month=202404)])
    assert failed_checks(runner, RTS, "trade", path, relaxed=True) == ["value_gbp_in_range_2"]


def test_sums_that_are_not_sums_break_the_key(tmp_path: Path, runner: Runner) -> None:
    path = reply_files(tmp_path / "rts.zip", [total(1e9), total(2e9)])
    assert failed_checks(runner, RTS, "trade", path, relaxed=True) == ["key_unique"]


def test_reply_without_the_sum_is_refused(tmp_path: Path) -> None:
    path = reply_files(tmp_path / "rts.zip", [{"MonthId": 202401, "GovRegionId": 2, "FlowTypeId": 2, "Value": 1}])
    with pytest.raises(PayloadError, match="value_gbp missing"):
        read(RTS, path)


def test_reply_that_is_no_list_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "rts.zip", archive({"RTS_page001.json": b'{"value": "none"}'}))
    with pytest.raises(PayloadError, match="expected a readable odata_json; found no list of values that are objects"):
        read(RTS, path)
