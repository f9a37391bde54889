"""The wide table has a described column for each indicator that speaks to a measure; labels of periods are English."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
import yaml

from orchestration.home import DBT_PROJECT_DIR
from tests.rendered import macro, seed

YAML = DBT_PROJECT_DIR / "models" / "marts" / "bi" / "mart_area_year_wide.yml"
ITSELF = ["area_code", "area_name", "area_type", "year", "n_values", "has_illustrative"]
KINDS = {
    "calendar year": "calendar year",
    "financial year": "financial year, April to March",
    "academic year": "academic year, September to August",
    "other year": "12 months that begin in the year",
    "pooled years": "years pooled, by the first of them",
    "day": "on a day, the newest of the year",
    "month": "one month, the newest of the year",
    "quarter": "one quarter, the newest of the year",
    "half-year": "one half-year, the newest of the year",
}


def declared() -> list[dict[str, Any]]:
    ((model),) = yaml.safe_load(YAML.read_text(encoding="utf-8"))["models"]
    return list(model["columns"])


def wanted() -> list[tuple[str, str, str]]:
    """(column, indicator, breakdown) in the order in which the seed names them: totals, and parts by sex."""
    pairs = dict.fromkeys((row["indicator_id"], row["breakdown"] or "total") for row in seed("measure_indicators"))
    return [
        (indicator if breakdown == "total" else f"{indicator}_{breakdown.removeprefix('sex=')}", indicator, breakdown)
        for indicator, breakdown in pairs
        if breakdown == "total" or breakdown.startswith("sex=")
    ]


def entry(column: str, indicator: str, breakdown: str, kind: str) -> dict[str, Any]:
    """What the YAML has to say of a column."""
    (row,) = (row for row in seed("indicators") if row["indicator_id"] == indicator)
    sex = "" if breakdown == "total" else f", {breakdown.removeprefix('sex=')}"
    part = {} if breakdown == "total" else {"indicator": indicator, "breakdown": breakdown}
    return {
        "name": column,
        "data_type": "double",
        "description": f"{row['indicator_name']}{sex}, {row['unit_measure']}; {KINDS.get(kind, '?')}.",
        "config": {"meta": part | {"period": kind}},
    }


def test_every_indicator_of_a_measure_has_its_column() -> None:
    found = {column["name"]: column for column in declared()}
    expected = [
        entry(column, indicator, breakdown, found[column]["config"]["meta"]["period"] if column in found else "year?")
        for column, indicator, breakdown in wanted()
    ]
    other = [column for column in expected if found.get(column["name"]) != column]
    assert not other, f"to be pasted into {YAML.name}:\n{yaml.safe_dump(other, sort_keys=False, width=1000)}"
    assert list(found) == ITSELF + [column["name"] for column in expected]


@pytest.mark.parametrize(
    ("period", "words", "kind", "sort"),
    [
        ("2024-01-01/P1Y", "Year to December 2024", "calendar year", 202412310366),
        ("2022-04-01/P1Y", "April 2022 to March 2023", "financial year", 202303310365),
        ("2021-09-01/P1Y", "September 2021 to August 2022", "academic year", 202208310365),
        ("2024-07-01/P1Y", "July 2024 to June 2025", "other year", 202506300365),
        ("2024-05-15/P1Y", "15 May 2024 to 14 May 2025", "other year", 202505140365),
        ("2022-01-01/P3Y", "2022 to 2024 (three years)", "pooled years", 202412311096),
        ("2022-04-01/P2Y", "April 2022 to March 2024 (two years)", "pooled years", 202403310731),
        ("2010-01-01/P10Y", "2010 to 2019 (10 years)", "pooled years", 201912313652),
        ("2025-07-01", "At 1 July 2025", "day", 202507010001),
        ("2024-02-01/P1M", "February 2024", "month", 202402290029),
        ("2025-10-01/P3M", "October to December 2025", "quarter", 202512310092),
        ("2025-12-01/P3M", "December 2025 to February 2026", "quarter", 202602280090),
        ("2025-04-01/P6M", "April to September 2025", "half-year", 202509300183),
        ("2025-04-07/P7D", "7 April 2025 to 13 April 2025", "other", 202504130007),
    ],
)
def test_period_in_words(period: str, words: str, kind: str, sort: int) -> None:
    assert asked(period) == (words, kind, sort)


def test_periods_are_sorted_by_their_end_then_by_their_length() -> None:
    in_order = ["2024-12-31", "2024-01-01/P1Y", "2025-01-01/P1M", "2025-03-31", "2025-03-01/P1M", "2024-04-01/P1Y"]
    assert sorted(sorted(in_order), key=lambda period: asked(period)[2]) == in_order


def asked(period: str) -> tuple[str, str, int]:
    """Label, kind and sort key of a period."""
    parts = [macro(f"period_{part}('period')") for part in ("start", "end", "freq")]
    found = [
        macro("period_in_words('start_', 'end_', 'freq_')"),
        macro("period_kind('start_', 'freq_')"),
        macro("period_sort('start_', 'end_')"),
    ]
    apart = "select {} as start_, {} as end_, {} as freq_ from (select ? as period)".format(*parts)
    (row,) = duckdb.execute(f"select {', '.join(found)} from ({apart})", [period]).fetchall()
    return row
