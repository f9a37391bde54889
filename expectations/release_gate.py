"""The release gate: what a finished build must satisfy before it is published.

SQL in here narrows each mart table to a small frame (the keys with most rows, counts by status), which Great
Expectations judges. So the gate stays cheap when the fact table has grown by years of releases.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.model import CheckedSuite, Rule, Suite
from expectations.runner import Runner, expectations_code

if TYPE_CHECKING:
    import duckdb

Document = dict[str, Any]  # of `CheckedSuite`

MEASURES = 88
COVERAGE_STATUSES = (
    "answered",
    "proxy",
    "weak_proxy",
    "illustrative_only",
    "ended",
    "awaiting_source",
    "awaiting_return",
)

# SDMX code list CL_OBS_STATUS. With K (counted in another category) and N (not significant) publishers may
# give a figure or none.
STATUS_WITHOUT_VALUE = ("H", "L", "M", "O", "Q")
STATUS_EITHER_WAY = ("K", "N")
STATUS_WITH_VALUE = ("A", "B", "D", "E", "F", "G", "I", "J", "P", "S", "U", "V", "W")

GRAIN = ("indicator_id", "dataset", "ref_area", "time_period", "breakdown", "release_id")
LATEST_KEY = ("indicator_id", "ref_area", "time_period", "breakdown")

_MOST_REPEATED_KEYS = 1000


class GateError(RuntimeError):
    """The build cannot be judged: its file or a table that the gate reads is not as designed."""


@dataclass(frozen=True)
class GateTable:
    """One suite of the gate, the mart table it is about and the SQL of the frame it judges."""

    suite: Suite
    table_name: str
    frame_sql: str
    row_label: str = ""  # column of the frame by which a failing row is named


def release_gate(home_area: str, origin: str = "live") -> list[Suite]:
    """Suites of the gate for a home area (GSS code); `origin` is where the build's bytes came from."""
    return [table.suite for table in gate_tables(home_area, origin)]


def run_gate(
    build_db: Path, runner: Runner, *, home_area: str, origin: str, before: Sequence[Document] = ()
) -> list[CheckedSuite]:
    """Open the build read-only and judge it; results in the order of `release_gate`.

    `before`: documents of the last gate, see `judge`.
    Raises GateError when the file or a table cannot be read: nothing may be published then either.
    """
    import duckdb

    try:
        with duckdb.connect(str(build_db), read_only=True) as connection:
            return judge(connection, runner, home_area=home_area, origin=origin, before=before)
    except duckdb.Error as error:
        raise GateError(
            f"the release gate cannot read {build_db.name}: expected the tables mart.fct_observation and "
            f"mart.mart_measure_coverage as designed, found: {error}"
        ) from error


def judge(
    connection: duckdb.DuckDBPyConnection,
    runner: Runner,
    *,
    home_area: str,
    origin: str,
    before: Sequence[Document] = (),
) -> list[CheckedSuite]:
    """Judge what the connection sees as schema `mart`.

    Of the very rows that an earlier document is about, by the same code, its verdict stands, with its time.
    """
    known = {document.get("judged"): document for document in before}
    checked = []
    for table in gate_tables(home_area, origin):
        frame = connection.execute(table.frame_sql).df()
        judged = _hash([asdict(table.suite), frame.to_dict(orient="split"), expectations_code()])
        if judged in known:
            checked.append(CheckedSuite.from_document(known[judged]))
            continue
        suite = runner.check(
            table.suite,
            frame,
            kind="release_gate",
            dataset="",
            table_name=table.table_name,
            row_label=table.row_label,
        )
        suite.document["judged"] = judged
        checked.append(suite)
    return checked


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]


def gate_tables(home_area: str, origin: str) -> list[GateTable]:
    """Every suite of the gate with the frame it judges."""
    observation, coverage = "mart.fct_observation", "mart.mart_measure_coverage"
    return [
        GateTable(
            Suite("observations", (_sum_at_least("observations", 1, "observations_present"),)),
            observation,
            "select count(*) as observations from mart.fct_observation",
        ),
        GateTable(
            Suite("observation_grain", (_unique(GRAIN, "grain_unique"),)),
            observation,
            _most_repeated(GRAIN, "true"),
        ),
        GateTable(
            Suite("observation_latest", (_unique(LATEST_KEY, "one_latest_per_key"),)),
            observation,
            _most_repeated(LATEST_KEY, "is_latest"),
        ),
        GateTable(Suite("observation_status", _status_rules()), observation, _STATUS_SQL, "example"),
        GateTable(
            Suite("observation_basis", (_one_of("basis", _accepted_basis(origin), "basis_accepted"),)),
            observation,
            _BASIS_SQL,
        ),
        GateTable(Suite("observation_percent", _percent_rules()), observation, _PERCENT_SQL, "indicator"),
        GateTable(
            Suite("home_area", (_contains("ref_area", home_area, "home_area_present"),)),
            observation,
            "select distinct ref_area from mart.fct_observation where is_latest and obs_value is not null order by all",
        ),
        GateTable(Suite("measure_coverage", _coverage_rules()), coverage, _COVERAGE_SQL, "measure"),
    ]


def _most_repeated(key: tuple[str, ...], condition: str) -> str:
    """The keys with most rows, twice where they have several: enough to judge whether the key is unique."""
    columns = ", ".join(key)
    return f"""
    with counted as (
        select {columns}, count(*) as key_rows
        from mart.fct_observation
        where {condition}
        group by {columns}
        order by key_rows desc, {columns}
        limit {_MOST_REPEATED_KEYS}
    )
    select {columns}
    from counted cross join range(2) as copy(number)
    where copy.number < counted.key_rows
    order by {columns}
    """  # noqa: S608 - names of columns from the constants above


# '(none)' stands for NULL where NULL is itself a finding: expectations pass over NULL.
_STATUS_SQL = """
select
    obs_status,
    example,
    case when has_value then obs_status end as status_with_value,
    case when not has_value then obs_status end as status_without_value
from (
    select
        coalesce(obs_status, '(none)') as obs_status,
        obs_value is not null and not isnan(obs_value) as has_value,
        min(concat_ws(' / ', dataset, indicator_id, ref_area, time_period)) as example
    from mart.fct_observation
    group by 1, 2
)
order by obs_status, example
"""

_BASIS_SQL = """
select coalesce(basis, '(none)') as basis, count(*) as observations
from mart.fct_observation
group by 1
order by 1
"""

_PERCENT_SQL = """
select indicator_id as indicator, min(obs_value) as lowest, max(obs_value) as highest
from mart.fct_observation
where unit_measure = 'percent'
group by indicator_id
order by indicator_id
"""

_COVERAGE_SQL = """
select
    measure_id,
    measure_id as measure,
    status,
    case when status in ('answered', 'proxy', 'weak_proxy') then coalesce(basis, '(none)') end as basis_of_answered
from mart.mart_measure_coverage
order by measure_id
"""


def _accepted_basis(origin: str) -> tuple[str, ...]:
    return ("published", "illustrative") if origin == "sample" else ("published",)


def _status_rules() -> tuple[Rule, ...]:
    return (
        _one_of("obs_status", (*STATUS_WITH_VALUE, *STATUS_EITHER_WAY, *STATUS_WITHOUT_VALUE), "status_accepted"),
        _one_of("status_with_value", (*STATUS_WITH_VALUE, *STATUS_EITHER_WAY), "status_fits_value"),
        _one_of("status_without_value", (*STATUS_WITHOUT_VALUE, *STATUS_EITHER_WAY), "status_fits_missing"),
    )


def _percent_rules() -> tuple[Rule, ...]:
    return (
        Rule(
            "expect_column_values_to_be_between",
            {"column": "lowest", "min_value": 0},
            "warn",
            "percent_not_below_0",
        ),
        Rule(
            "expect_column_values_to_be_between",
            {"column": "highest", "max_value": 100},
            "warn",
            "percent_not_above_100",
        ),
    )


def _coverage_rules() -> tuple[Rule, ...]:
    return (
        Rule("expect_table_row_count_to_equal", {"value": MEASURES}, "error", "every_measure_listed"),
        Rule("expect_column_values_to_not_be_null", {"column": "measure_id"}, "error", "measure_id_filled"),
        _unique(("measure_id",), "measure_id_unique"),
        Rule("expect_column_values_to_not_be_null", {"column": "status"}, "error", "status_filled"),
        _one_of("status", COVERAGE_STATUSES, "status_accepted"),
        _one_of("basis_of_answered", ("published",), "answered_from_published"),
    )


def _unique(key: tuple[str, ...], name: str) -> Rule:
    if len(key) == 1:
        return Rule("expect_column_values_to_be_unique", {"column": key[0]}, "error", name)
    return Rule("expect_compound_columns_to_be_unique", {"column_list": list(key)}, "error", name)


def _one_of(column: str, accepted: tuple[str, ...], name: str) -> Rule:
    return Rule("expect_column_values_to_be_in_set", {"column": column, "value_set": list(accepted)}, "error", name)


def _contains(column: str, value: str, name: str) -> Rule:
    return Rule(
        "expect_column_distinct_values_to_contain_set",
        {"column": column, "value_set": [value]},
        "error",
        name,
    )


def _sum_at_least(column: str, least: int, name: str) -> Rule:
    return Rule("expect_column_sum_to_be_between", {"column": column, "min_value": least}, "error", name)
