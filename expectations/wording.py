"""Sentences about a rule: what it expects, and what was found, from a Great Expectations result.

Great Expectations gives counts and lists; people who mend a source need the column, the values and the rows.
`detail` is the `result` part of one expectation's validation result in JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from expectations.model import NUMBER_SUFFIX, Rule, plain_column

SAMPLE_SIZE = 5
LISTED_NAMES = 12  # longer sets are shown by their first members and a count

Detail = dict[str, Any]


def expected(rule: Rule) -> str:
    """What the rule asks for, e.g. `value between 0 and 100 where it is a number`."""
    return _EXPECTED.get(rule.expectation, _expected_otherwise)(rule)


def found(rule: Rule, detail: Detail, place: str) -> str:
    """What the table has, e.g. `2 of 120 values do not fit: 101; -5 (rows 17, 18)`; `place` says where."""
    return _FOUND.get(rule.expectation, _found_rows)(rule, detail, place)


def samples(detail: Detail) -> list[str]:
    """At most five different failing values; of a key, its parts with ` / ` between them."""
    values = detail.get("partial_missing_list") or detail.get("partial_unexpected_list") or []
    missing_columns = detail.get("details", {}).get("mismatched", {}).get("missing", [])
    texts = dict.fromkeys(_text(value) for value in [*values, *missing_columns])
    return list(texts)[:SAMPLE_SIZE]


def _text(value: Any) -> str:
    if value is None:
        return "(empty)"
    if isinstance(value, dict):
        return " / ".join(_text(part) for part in value.values())
    if isinstance(value, list | tuple):
        return " / ".join(_text(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _listed(names: Sequence[Any]) -> str:
    shown = ", ".join(_text(name) for name in names[:LISTED_NAMES])
    more = len(names) - LISTED_NAMES
    return f"{shown} and {more:,} more" if more > 0 else shown


def _band(rule: Rule) -> str:
    low, high = rule.kwargs.get("min_value"), rule.kwargs.get("max_value")
    if low is not None and high is not None:
        return f"between {low:,} and {high:,}"
    return f"at least {low:,}" if low is not None else f"at most {high:,}"


def _tolerance(rule: Rule) -> str:
    mostly = rule.kwargs.get("mostly", 1)
    return "" if mostly >= 1 else f", in at least {mostly:.0%} of cells"


def _column(rule: Rule) -> str:
    return plain_column(str(rule.kwargs["column"]))


def _where_number(rule: Rule) -> str:
    return " where it is a number" if str(rule.kwargs["column"]).endswith(NUMBER_SUFFIX) else ""


def _key_columns(rule: Rule) -> str:
    return ", ".join(rule.columns)


def _expected_filled(rule: Rule) -> str:
    if str(rule.kwargs["column"]).endswith(NUMBER_SUFFIX):
        return f"{_column(rule)} has a number in at least one cell"
    return f"{_column(rule)} is never empty{_tolerance(rule)}"


def _expected_otherwise(rule: Rule) -> str:
    return f"{rule.expectation} {rule.kwargs}"


_EXPECTED: dict[str, Callable[[Rule], str]] = {
    "expect_table_columns_to_match_set": lambda rule: f"columns {', '.join(rule.kwargs['column_set'])}",
    "expect_table_row_count_to_be_between": lambda rule: f"{_band(rule)} rows",
    "expect_table_row_count_to_equal": lambda rule: f"{rule.kwargs['value']:,} rows",
    "expect_column_distinct_values_to_contain_set": lambda rule: (
        f"{_column(rule)} has {_listed(rule.kwargs['value_set'])}"
    ),
    "expect_column_values_to_not_be_null": _expected_filled,
    "expect_column_values_to_be_unique": lambda rule: f"key ({_key_columns(rule)}) is unique",
    "expect_compound_columns_to_be_unique": lambda rule: f"key ({_key_columns(rule)}) is unique",
    "expect_column_values_to_be_between": lambda rule: (
        f"{_column(rule)} {_band(rule)}{_where_number(rule)}{_tolerance(rule)}"
    ),
    "expect_column_values_to_match_regex": lambda rule: (
        f"{_column(rule)} matches {rule.kwargs['regex']}{_tolerance(rule)}"
    ),
    "expect_column_values_to_be_in_set": lambda rule: (
        f"{_column(rule)} is one of {_listed(rule.kwargs['value_set'])}{_tolerance(rule)}"
    ),
    "expect_column_sum_to_be_between": lambda rule: f"{_column(rule)}, added up, {_band(rule)}",
}


def _found_columns(_rule: Rule, detail: Detail, _place: str) -> str:
    missing = detail.get("details", {}).get("mismatched", {}).get("missing", [])
    if not missing:
        return "all there"
    return f"missing: {', '.join(missing)}; the table has: {', '.join(detail['observed_value'])}"


def _found_set(rule: Rule, detail: Detail, _place: str) -> str:
    count = detail.get("missing_count", 0)
    if not count:
        return f"all {len(rule.kwargs['value_set']):,} there"
    listed = detail["partial_missing_list"][:LISTED_NAMES]
    more = f" and {count - len(listed):,} more" if count > len(listed) else ""
    return f"{', '.join(_text(value) for value in listed)}{more} missing"


def _found_number(unit: str) -> Callable[[Rule, Detail, str], str]:
    def sentence(_rule: Rule, detail: Detail, _place: str) -> str:
        observed = detail.get("observed_value")
        return f"{_text(observed) if observed is None else f'{observed:,}'}{unit}"

    return sentence


def _found_key(rule: Rule, detail: Detail, place: str) -> str:
    count, total = detail.get("unexpected_count", 0), detail.get("element_count", 0)
    if not count:
        return f"unique in {total:,} rows"
    return f"{count:,} rows share key ({_key_columns(rule)}): {'; '.join(samples(detail))}{_at(place)}"


def _found_filled(rule: Rule, detail: Detail, place: str) -> str:
    count, total = detail.get("unexpected_count", 0), detail.get("element_count", 0)
    if str(rule.kwargs["column"]).endswith(NUMBER_SUFFIX):
        return f"{total - count:,} of {total:,} cells are numbers"
    if not count:
        return f"all {total:,} cells are filled"
    return f"{count:,} of {total:,} cells are empty{_at(place)}"


def _found_rows(_rule: Rule, detail: Detail, place: str) -> str:
    if "unexpected_count" not in detail:
        return f"found {_text(detail.get('observed_value'))}"
    judged = detail.get("element_count", 0) - detail.get("missing_count", 0)
    count = detail["unexpected_count"]
    if not count:
        return f"all {judged:,} values fit"
    return f"{count:,} of {judged:,} values do not fit: {'; '.join(samples(detail))}{_at(place)}"


def _at(place: str) -> str:
    return f" ({place})" if place else ""


_FOUND: dict[str, Callable[[Rule, Detail, str], str]] = {
    "expect_table_columns_to_match_set": _found_columns,
    "expect_table_row_count_to_be_between": _found_number(" rows"),
    "expect_table_row_count_to_equal": _found_number(" rows"),
    "expect_column_sum_to_be_between": _found_number(""),
    "expect_column_distinct_values_to_contain_set": _found_set,
    "expect_column_values_to_not_be_null": _found_filled,
    "expect_column_values_to_be_unique": _found_key,
    "expect_compound_columns_to_be_unique": _found_key,
}
