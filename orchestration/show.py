"""One indicator as people ask for it: what it is, the newest figures beside their comparators, trend, source, a chart.

Everything is read from the published mart; comparisons and trends are made there (`mart_comparison`, `mart_trend`).
"""

from __future__ import annotations

import shutil
import statistics
import sys
import textwrap
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.ask import Row, UnknownNameError, answer, areas, build_of, check_indicator

if TYPE_CHECKING:
    import datetime as dt

    import duckdb

TOTAL = "total"
WIDEST, NARROWEST, HEIGHT = 100, 30, 16  # characters of a chart
POLARITY = {"higher_is_better": "higher is better", "lower_is_better": "lower is better", "neutral": "neutral"}
TABLES = ("mart_comparison", "mart_trend")
MARKS = ("braille", "•", "×", "+", "o", "*")  # a line's, in the order of the lines

_SERIES = """
    select
        comparison.*, areas.area_name, periods.period_label, previous.period_label as previous_period_label,
        baselines.period_label as baseline_period_label, series.value_origin, series.obs_status, series.publisher,
        series.source_title, series.landing_page, series.licence, series.release_date, series.release_id
    from mart.mart_comparison as comparison
    inner join mart.dim_area as areas on areas.area_code = comparison.area_code
    left join mart.dim_period as periods on periods.time_period = comparison.time_period
    left join mart.dim_period as previous on previous.time_period = comparison.previous_period
    left join mart.dim_period as baselines on baselines.time_period = comparison.baseline_period
    left join mart.mart_indicator_series as series
        on
            series.indicator_id = comparison.indicator_id and series.breakdown = comparison.breakdown
            and series.area_code = comparison.area_code and series.time_period = comparison.time_period
    where comparison.indicator_id = $indicator and comparison.area_code in (select unnest($areas))
    order by list_position($areas, comparison.area_code), comparison.breakdown, comparison.period_end
"""
_TRENDS = """
    select trends.*, first.period_label as first_period_label, last.period_label as last_period_label
    from mart.mart_trend as trends
    left join mart.dim_period as first on first.time_period = trends.first_period
    left join mart.dim_period as last on last.time_period = trends.last_period
    where indicator_id = $indicator and area_code in (select unnest($areas))
    order by list_position($areas, area_code), breakdown
"""
_FRESHNESS = "select * from mart.mart_indicator_freshness where indicator_id = $indicator"
_INDICATOR = "select * from mart.dim_indicator where indicator_id = $indicator"


def show(mart: Path, indicator: str, named: Iterable[str], breakdown: str | None = None) -> tuple[str, Row]:
    """Id of the build; `indicator`, `freshness`, and of each area its `series` and `trends`. Raises UnknownNameError.

    `named`: codes, names or aliases of areas. Without a breakdown the totals, or all where there are none. `comparator`
    is the series of the area that they are compared with, where comparing says anything (no counts).
    """
    import duckdb

    with duckdb.connect(mart, read_only=True) as con:
        _check_version(con)
        check_indicator(con, indicator)
        codes = [code for name in named for code in areas(con, name)]
        asked = {"indicator": indicator, "areas": list(dict.fromkeys(codes))}
        series = _of(answer(con, _SERIES, asked), indicator, ", ".join(named), breakdown)
        (about,) = answer(con, _INDICATOR, {"indicator": indicator})
        parts = {row["breakdown"] for row in series}
        comparators = sorted({row["comparator_code"] for row in series if row["ratio_to_comparator"] is not None})
        against = answer(con, _SERIES, asked | {"areas": comparators}) if comparators else []
        return build_of(con), {
            "indicator": about,
            "freshness": answer(con, _FRESHNESS, {"indicator": indicator}),
            "series": series,
            "trends": [row for row in answer(con, _TRENDS, asked) if row["breakdown"] in parts],
            "comparator": [row for row in against if row["breakdown"] in parts],
        }


def _check_version(con: duckdb.DuckDBPyConnection) -> None:
    found = answer(con, "select table_name from duckdb_tables() where schema_name = 'mart'")
    if not set(TABLES) <= {row["table_name"] for row in found}:
        raise UnknownNameError(f"the published build has no {' and '.join(TABLES)}: run `outcomes run` once more")


def _of(series: list[Row], indicator: str, named: str, breakdown: str | None) -> list[Row]:
    """The rows of one breakdown; without one the totals, else all. Raises UnknownNameError."""
    if not series:
        raise UnknownNameError(f"no figure of {indicator} for {named}")
    parts = sorted({row["breakdown"] for row in series})
    if breakdown is None:
        breakdown = TOTAL if TOTAL in parts else None
    found = [row for row in series if breakdown in (None, row["breakdown"])]
    if not found:
        raise UnknownNameError(f"no breakdown {breakdown!r} of {indicator} for {named}; there is {', '.join(parts)}")
    return found


# --- at the terminal --------------------------------------------------------------------------------------


def render(found: Row, *, colour: bool) -> Iterator[str]:
    """The indicator as people read it, as wide as the terminal."""
    about = found["indicator"]
    yield f"{about['indicator_name']} ({about['indicator_id']})"
    yield from _told("definition", about["definition"])
    yield from _told("unit", f"{about['unit_measure']}, {POLARITY[about['polarity']]}")
    yield from _told("caveat", about["caveat"])
    yield from _told("break", about["comparability_break"])
    for row in found["freshness"]:
        yield from _told("fresh", _fresh(row))
    for points in _groups(found["series"]):
        newest = points[-1]
        trend = next((row for row in found["trends"] if _group(row) == _group(newest)), None)
        yield ""
        yield from _newest(newest, trend, about["decimals"] or 0)
    yield from _charts(found, colour=colour)


def _width() -> int:
    return min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)


def _told(word: str, text: str | None) -> Iterator[str]:
    if text:
        yield from textwrap.wrap(
            f"  {word:<11}{text}", _width(), subsequent_indent=" " * 13, drop_whitespace=True, break_long_words=False
        )


def _group(row: Row) -> tuple[str, str]:
    return row["area_code"], row["breakdown"]


def _groups(series: list[Row]) -> list[list[Row]]:
    """The points of each area and breakdown, in their order."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in series:
        groups.setdefault(_group(row), []).append(row)
    return list(groups.values())


def _newest(row: Row, trend: Row | None, decimals: int) -> Iterator[str]:
    part = "" if row["breakdown"] == TOTAL else f", {row['breakdown']}"
    yield f"{row['area_name']} ({row['area_code']}){part}"
    limits = ""
    if row["lower_ci"] is not None and row["upper_ci"] is not None:
        bounds = f"{_number(row['lower_ci'], decimals)} to {_number(row['upper_ci'], decimals)}"
        limits = f" (95% limits {bounds}, {row['interval_method'] or 'published'})"
    invented = ". ILLUSTRATIVE: the figure is invented" if row["basis"] == "illustrative" else ""
    value = f"{_number(row['value'], decimals)} {row['unit']}"
    yield from _told("newest", f"{value}, {row['period_label'] or row['time_period']}{limits}{invented}")
    yield from _told("beside", _beside(row, decimals))
    yield from _told("rank", _rank(row, decimals))
    yield from _told("change", _change(row, decimals))
    yield from _told("trend", _trend(trend))
    source = f"{row['source_title']} ({row['publisher']}, {row['licence']}), published {row['release_date']}"
    yield from _told("source", f"{source}, {row['landing_page']}")


def _beside(row: Row, decimals: int) -> str:
    """The value of the comparator, the gap or share, and what is judged of it."""
    if row["comparator_value"] is None:
        return ""
    told = f"{row['comparator_name']} {_number(row['comparator_value'], decimals)}"
    if row["gap"] is not None:
        told += f", gap {_signed(row['gap'], decimals)} {row['gap_unit']}"
    if row["share_of_comparator"] is not None:
        told += f", {row['share_of_comparator']:.1f} percent of it"
    reason = f" ({row['judgement_reason']})" if row["judgement_reason"] else ""
    return f"{told}: {row['judgement']}{reason}"


def _rank(row: Row, decimals: int) -> str:
    if row["ca_rank"] is None:
        return ""
    spread = f"median {_number(row['ca_median'], decimals)}, from {_number(row['ca_min'], decimals)} to "
    return f"{row['ca_rank']} of {row['ca_count']} combined authorities ({spread}{_number(row['ca_max'], decimals)})"


def _change(row: Row, decimals: int) -> str:
    """Since the period before and since the baseline; percent beside the unit where that says anything."""
    unit = "percentage points" if row["unit"] == "percent" else row["unit"]
    told = []
    for since, absolute, percent in (
        (row["previous_period_label"], row["change"], row["change_pct"]),
        (row["baseline_period_label"], row["change_since_baseline"], row["change_since_baseline_pct"]),
    ):
        if since is not None and absolute is not None:
            beside = "" if percent is None else f" ({_signed(percent, 1)} percent)"
            told.append(f"{_signed(absolute, decimals)} {unit}{beside} since {since}")
    return "; ".join(told)


def _trend(trend: Row | None) -> str:
    if trend is None:
        return ""
    told = trend["trend"] + (f", {trend['trend_judgement']}" if trend["trend_judgement"] else "")
    points = f"{trend['n_points']} points, {trend['first_period_label']} to {trend['last_period_label']}"
    return f"{told} ({trend['reason'] or points})"


def _fresh(row: Row) -> str:
    overdue = f", {row['days_overdue']} days overdue" if row["days_overdue"] else ""
    due = f"next due {row['next_due']}{overdue}" if row["next_due"] else "the next one's date is not known"
    stale = "; STALE: served from a last good release" if row["is_stale"] else ""
    return f"released {row['release_date']}, {due}{stale}"


def _number(value: float | None, decimals: int) -> str:
    return "none" if value is None else f"{value:,.{decimals}f}"


def _signed(value: float, decimals: int) -> str:
    return f"{value:+,.{decimals}f}"


# --- charts -----------------------------------------------------------------------------------------------


def _charts(found: Row, *, colour: bool) -> Iterator[str]:
    """A chart for each breakdown: every area over time, and what they are compared with."""
    if not _can_be_drawn():
        return
    for breakdown in dict.fromkeys(row["breakdown"] for row in found["series"]):
        own, against = (
            [points for points in _groups(found[name]) if points[0]["breakdown"] == breakdown]
            for name in ("series", "comparator")
        )
        shown = {points[0]["area_code"] for points in own}
        lines = [*own, *(points for points in against if points[0]["area_code"] not in shown)]
        yield ""
        yield from _chart(lines, f"{found['indicator']['unit_measure']}", breakdown, colour=colour)


def _can_be_drawn() -> bool:
    """Whether the terminal has the characters of a chart."""
    try:
        "⣀┤•×".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _chart(lines: list[list[Row]], unit: str, breakdown: str, *, colour: bool) -> Iterator[str]:
    import plotext as plt

    plt.clear_figure()
    plt.theme("clear")
    plt.plotsize(_width(), HEIGHT)
    legend = []
    for at, points in enumerate(lines):
        mark = MARKS[at % len(MARKS)]
        legend.append(f"{'⣀⣀' if mark == 'braille' else mark * 2} {points[0]['area_name']}")
        for piece in _unbroken(points):
            xs, ys = [_year(row["period_end"]) for row in piece], [row["value"] for row in piece]
            plt.plot(xs, ys, marker=mark, color="default" if not colour else ("blue", "red", "green")[at % 3])
    plt.xticks(*_ticks([row for points in lines for row in points]))
    drawn = plt.build()
    yield f"{unit}{'' if breakdown == TOTAL else f', {breakdown}'}    {'    '.join(legend)}"
    yield from (line.rstrip() for line in (drawn if colour else plt.uncolorize(drawn)).rstrip().splitlines())


def _year(day: dt.date) -> float:
    return day.year + (day.timetuple().tm_yday - 1) / 366


def _unbroken(points: list[Row]) -> list[list[Row]]:
    """The points in pieces: no line is drawn over periods that have no value."""
    years = [_year(row["period_end"]) for row in points]
    steps = [later - earlier for earlier, later in pairwise(years)]
    usual = statistics.median(steps) if steps else 0.0
    pieces = [points[:1]]
    for row, step in zip(points[1:], steps, strict=True):
        if step > 1.5 * usual:
            pieces.append([])
        pieces[-1].append(row)
    return pieces


def _ticks(rows: list[Row]) -> tuple[list[float], list[str]]:
    """As many periods below the chart as have room, the first and the newest among them."""
    labels: dict[float, Any] = {_year(row["period_end"]): row["period_label"] or row["time_period"] for row in rows}
    years = sorted(labels)
    room = max(_width() // (max(map(len, labels.values())) + 4), 2)
    every = max(-(-(len(years) - 1) // (room - 1)), 1) if len(years) > 1 else 1
    chosen = years[::-1][::every]
    return chosen, [labels[year] for year in chosen]
