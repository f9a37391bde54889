"""What the published mart says, at the terminal: tables for people, JSON for programs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import click

from orchestration.ask import Row, answer, build_of

CELL_WIDTH = 48
REASON_WIDTH = 110
_STATUS_COLOURS = {"answered": "green", "proxy": "cyan", "weak_proxy": "yellow", "illustrative_only": "yellow"}

COVERAGE = """
    select
        coverage.theme, coverage.outcome, coverage.measure_id, coverage.measure_name, coverage.status,
        coverage.indicator_id, coverage.breakdown, coverage.area_code, coverage.newest_period, periods.period_label,
        coverage.age_days, coverage.latest_value, indicators.decimals, coverage.unit, coverage.reason,
        coverage.would_answer
    from mart.mart_measure_coverage as coverage
    left join mart.dim_period as periods on periods.time_period = coverage.newest_period
    left join mart.dim_indicator as indicators on indicators.indicator_id = coverage.indicator_id
    order by coverage.sort_order
"""
FRESHNESS = "select * from mart.mart_freshness order by dataset"
INDICATOR_FRESHNESS = "select * from mart.mart_indicator_freshness order by indicator_id"
DRIFT = (
    "select published_at, dataset, part, state, severity, what, expected, found, place, table_name, release_id, "
    "compared_with from mart.mart_drift order by published_at desc, dataset, part, table_name, what, expected, found"
)
CLAIMS = (
    "select ref, status, figure, unit, found_value, difference, vintage, time_period, statement, reason "
    "from mart.mart_claims order by sort_order"
)


class Told(NamedTuple):
    """Rows of the published mart, and the build that says so."""

    build_id: str
    rows: list[Row]


def ask(mart: Path, query: str) -> Told:
    """Rows of a query on the published mart, read only."""
    import duckdb

    with duckdb.connect(mart, read_only=True) as con:
        return Told(build_of(con), answer(con, query))


def as_json(command: str, rows: Iterable[Row], build_id: str | None = None, **more: Any) -> str:
    """The one shape of every `--json`: the command, the build that answered (null where none was asked), rows.

    `more` are parts that are no rows of the same kind, each under its own name.
    """
    document = {"command": command, "build_id": build_id, "rows": list(rows), **more}
    return json.dumps(document, indent=2, ensure_ascii=False, default=str)


def as_table(rows: list[Row]) -> Iterator[str]:
    """A header and a line for each row; long cells are cut."""
    if not rows:
        return
    cells = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [min(max(len(row[at]) for row in cells), CELL_WIDTH) for at in range(len(cells[0]))]
    for row in cells:
        yield "  ".join(_cut(text, width).ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def as_freshness(rows: list[Row]) -> Iterator[str]:
    """What people look for first; JSON has every column."""
    columns = (
        "indicator_id", "dataset", "status", "release_date", "next_due", "days_overdue", "newest_period", "age_days",
        "is_stale", "verified", "message",
    )  # fmt: skip
    return as_table([{name: row[name] for name in columns if name in row} for row in rows])


def as_drift(rows: list[Row]) -> Iterator[str]:
    """Each difference in words, under its release."""
    if not rows:
        yield "no release differs in form from the one before it"
    for (day, dataset, part, state), of_release in groupby(
        rows, key=lambda row: (row["published_at"], row["dataset"], row["part"], row["state"])
    ):
        yield f"{day} {dataset}{f' / {part}' if part else ''}: {state}"
        for row in of_release:
            place = f" ({row['place']})" if row["place"] else ""
            yield f"    {row['what']}: {row['expected']} -> {row['found']}{place}"


def as_coverage(rows: list[Row]) -> Iterator[str]:
    """Measures under their themes and outcomes: the newest value, or the reason why there is none."""
    for theme, of_theme in groupby(rows, key=lambda row: row["theme"]):
        measures = list(of_theme)
        answered = sum(row["status"] == "answered" for row in measures)
        yield ""
        yield click.style(f"{theme}: {answered} of {len(measures)} answered", bold=True)
        for outcome, of_outcome in groupby(measures, key=lambda row: row["outcome"]):
            yield f"  {outcome}"
            for row in of_outcome:
                yield from _measure(row)


def _measure(row: Row) -> Iterator[str]:
    status = click.style(f"{row['status']:<17}", fg=_STATUS_COLOURS.get(row["status"]))
    yield f"    {row['measure_id']:<20} {status} {row['measure_name']}"
    indent = " " * 25
    if row["latest_value"] is not None:
        value = f"{row['latest_value']:,.{row['decimals'] or 0}f}"
        when = row["period_label"] or row["newest_period"]
        part = "" if row["breakdown"] == "total" else f", {row['breakdown']}"
        yield f"{indent}{value} {row['unit']}, {when} ({row['indicator_id']}{part}, {row['area_code']})"
    if row["status"] != "answered":
        reason = ". ".join(
            filter(None, (row["reason"].rstrip("."), row["would_answer"] and f"Would answer: {row['would_answer']}"))
        )
        yield from textwrap.wrap(reason, REASON_WIDTH, initial_indent=indent, subsequent_indent=indent)


def _cell(value: object) -> str:
    return "" if value is None else f"{value:,.2f}" if isinstance(value, float) else str(value)
