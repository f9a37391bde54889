"""The landing contract of a raw table, generated from the `expect` section of its catalogue file.

Format rules (columns, key, values, not null) hold for every release. Completeness rules (areas, row band, some
numbers in a column of numbers) hold for whole releases: an excerpt or one reply of many may lack an area.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from expectations.model import Rule, Suite, as_number

# `mostly` that any one filled cell satisfies: the rule fails only when no cell is filled.
AT_LEAST_ONE = 1e-9


class ValueExpectation(Protocol):
    """Bounds of one column.

    Numeric bounds concern cells that are numbers; `pattern` (searched, so anchor it) and `one_of` every cell.
    """

    @property
    def column(self) -> str: ...
    @property
    def min(self) -> float | None: ...
    @property
    def max(self) -> float | None: ...
    @property
    def pattern(self) -> str | None: ...
    @property
    def one_of(self) -> Sequence[str] | None: ...
    @property
    def mostly(self) -> float: ...
    @property
    def severity(self) -> Literal["error", "warn"]: ...


@dataclass(frozen=True)
class TableExpectation:
    """What a raw table must look like; `row_max` None leaves the row band open."""

    columns: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    area_column: str | None = None
    row_min: int | None = None
    row_max: int | None = None
    not_null: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    values: tuple[ValueExpectation, ...] = ()
    relaxed: bool = False

    @classmethod
    def from_catalogue(cls, dataset: Any, table: Any, *, relaxed: bool, part: str = "") -> TableExpectation:
        """From the catalogue's models of a dataset and one of its tables (`sources.catalogue`)."""
        expect = table.expect
        row_min, row_max = expect.rows or (None, None)
        optional = {name for name, column in table.columns.items() if column.optional}
        return cls(
            columns=tuple(name for name in table.column_names if name not in optional),
            areas=dataset.expected_areas(table, part),
            area_column=expect.area_column,
            row_min=row_min,
            row_max=row_max,
            not_null=expect.not_null,
            key=expect.key,
            values=expect.values,
            relaxed=relaxed,
        )


def landing_contract(dataset: str, table: str, expect: TableExpectation) -> Suite:
    """Suite for one raw table of one release of a dataset."""
    rules = [
        *_columns(expect),
        *_rows(expect),
        *_areas(expect),
        *_not_null(expect),
        *_key(expect),
        *(rule for value in expect.values for rule in _values(value, relaxed=expect.relaxed)),
    ]
    return Suite(name=f"{dataset}__{table}", rules=_numbered(rules))


def _numbered(rules: list[Rule]) -> tuple[Rule, ...]:
    """Drop repeated rules; number the names of rules alike, such as an error range and a narrower warning."""
    kept: list[Rule] = []
    alike: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        same_name = alike[rule.name]
        if rule in same_name:
            continue
        same_name.append(rule)
        kept.append(rule if len(same_name) == 1 else replace(rule, name=f"{rule.name}_{len(same_name)}"))
    return tuple(kept)


def _columns(expect: TableExpectation) -> list[Rule]:
    if not expect.columns:
        return []
    wanted = {"column_set": list(expect.columns), "exact_match": False}
    return [Rule("expect_table_columns_to_match_set", wanted, "error", "columns_present")]


def _rows(expect: TableExpectation) -> list[Rule]:
    # Even an excerpt has a row: a table without any would pass every other format rule.
    if expect.relaxed or (expect.row_min is None and expect.row_max is None):
        band: dict[str, Any] = {"min_value": 1}
        return [Rule("expect_table_row_count_to_be_between", band, "error", "rows_present")]
    band = {"min_value": expect.row_min or 1}
    if expect.row_max is not None:
        band["max_value"] = expect.row_max
    return [Rule("expect_table_row_count_to_be_between", band, "error", "row_count_in_band")]


def _areas(expect: TableExpectation) -> list[Rule]:
    if expect.relaxed or not expect.areas:
        return []
    if not expect.area_column:
        raise ValueError(f"areas {', '.join(expect.areas)} are expected, but no area_column says where")
    wanted = {"column": expect.area_column, "value_set": list(expect.areas)}
    return [Rule("expect_column_distinct_values_to_contain_set", wanted, "error", "areas_present")]


def _not_null(expect: TableExpectation) -> list[Rule]:
    return [
        Rule("expect_column_values_to_not_be_null", {"column": column}, "error", f"{column}_filled")
        for column in expect.not_null
    ]


def _key(expect: TableExpectation) -> list[Rule]:
    if not expect.key:
        return []
    if len(expect.key) == 1:
        return [Rule("expect_column_values_to_be_unique", {"column": expect.key[0]}, "error", "key_unique")]
    columns = {"column_list": list(expect.key)}
    return [Rule("expect_compound_columns_to_be_unique", columns, "error", "key_unique")]


def _values(value: ValueExpectation, *, relaxed: bool) -> list[Rule]:
    column, tolerance = value.column, {} if value.mostly >= 1 else {"mostly": value.mostly}
    rules = []
    if value.min is not None or value.max is not None:
        bounds: dict[str, Any] = {"column": as_number(column), **tolerance}
        bounds |= {} if value.min is None else {"min_value": value.min}
        bounds |= {} if value.max is None else {"max_value": value.max}
        rules.append(Rule("expect_column_values_to_be_between", bounds, value.severity, f"{column}_in_range"))
        if not relaxed:
            # Without this a column that stopped being numeric altogether would pass its range.
            some = {"column": as_number(column), "mostly": AT_LEAST_ONE}
            rules.append(Rule("expect_column_values_to_not_be_null", some, value.severity, f"{column}_has_numbers"))
    if value.pattern is not None:
        regex = {"column": column, "regex": value.pattern, **tolerance}
        rules.append(Rule("expect_column_values_to_match_regex", regex, value.severity, f"{column}_matches_pattern"))
    if value.one_of is not None:
        allowed = {"column": column, "value_set": list(value.one_of), **tolerance}
        rules.append(Rule("expect_column_values_to_be_in_set", allowed, value.severity, f"{column}_accepted"))
    return rules
