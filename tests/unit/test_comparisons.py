"""Comparisons of the mart, held against plain Python after docs/methods.md, and against figures of the literature."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from statistics import median
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rendered import macro, model, seed

HOME, ENGLAND, ENGLAND_ITL, TOWN = "E47000004", "E92000001", "TLB", "E06000006"
AUTHORITIES = (HOME, "E47000001", "E47000002", "E47000003", "E47000006", "E47000007")
ABOLISHED = "E47000005"
POLARITY = {"rate": "lower_is_better", "pay": "higher_is_better", "count": "higher_is_better", "score": "neutral"}
UNIT = {"rate": "percent", "pay": "GBP", "count": "count", "score": "score out of 10"}
Z = 1.959964
STRATEGY = dt.date(2020, 3, 1)  # the first framework
FACTS = (
    "indicator_id varchar, breakdown varchar, ref_area varchar, time_period varchar, period_start date, "
    "period_end date, freq varchar, dataset varchar, basis varchar, release_id varchar, unit_measure varchar, "
    "obs_value double, numerator double, denominator double, lower_ci double, upper_ci double, is_latest boolean"
)
NAMES = [column.split()[0] for column in FACTS.split(", ")]


@dataclass(frozen=True)
class Figure:
    """One figure that serves."""

    indicator: str
    area: str
    start: dt.date
    months: int  # length of the period
    value: float
    lower: float | None = None
    upper: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    release: str = "r1"
    basis: str = "published"

    @property
    def end(self) -> dt.date:
        month = self.start.year * 12 + self.start.month - 1 + self.months
        return dt.date(month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)

    @property
    def period(self) -> str:
        length = f"P{self.months // 12}Y" if self.months % 12 == 0 else f"P{self.months}M"
        return f"{self.start}/{length}"

    @property
    def freq(self) -> str:
        return {1: "M", 3: "Q", 12: "A", 36: "A3"}[self.months]

    def row(self) -> tuple[Any, ...]:
        named = (self.indicator, "total", self.area, self.period, self.start, self.end, self.freq, "survey", self.basis)
        numbers = (self.value, self.numerator, self.denominator, self.lower, self.upper)
        return (*named, self.release, UNIT[self.indicator], *numbers, True)


def compared(
    figures: Iterable[Figure], breaks: Sequence[tuple[str, dt.date | None]] = (), table: str = "mart_comparison"
) -> dict[tuple[str, ...], dict[str, Any]]:
    """Rows of the mart's table by indicator, area and, of comparisons, period."""
    with duckdb.connect() as con:
        con.execute(f"create table fct_observation ({FACTS})")
        rows = pa.Table.from_pylist([dict(zip(NAMES, figure.row(), strict=True)) for figure in figures])
        con.register("rows", rows).execute("insert into fct_observation select * from rows")
        con.execute("create table dim_indicator (indicator_id varchar, polarity varchar)")
        con.executemany("insert into dim_indicator values (?, ?)", list(POLARITY.items()))
        con.execute("create table units (unit_measure varchar, grows_with_size boolean, change_in varchar)")
        con.executemany("insert into units values (?, ?, ?)", [list(row.values()) for row in seed("units")])
        con.execute("create table comparability_breaks (indicator_id varchar, breaks_on date)")
        con.executemany("insert into comparability_breaks values (?, ?)", [*breaks, ("nothing", None)])
        con.execute("create table interval_methods as select 'rate' as indicator_id, 'wilson' as interval_method")
        con.execute("create table dim_area (area_code varchar, area_name varchar, area_type varchar, valid_to date)")
        con.executemany(
            "insert into dim_area values (?, ?, ?, ?)",
            [
                *((area, area, "combined_authority", None) for area in AUTHORITIES),
                (ABOLISHED, "gone", "combined_authority", dt.date(2024, 5, 6)),
                (ENGLAND, "England", "country", None),
                (ENGLAND_ITL, "England", "other", None),
                (TOWN, "a town", "local_authority", None),
            ],
        )
        con.execute("create table frameworks (framework_id varchar, published_on date)")
        con.executemany("insert into frameworks values (?, ?)", [("a", STRATEGY), ("b", dt.date(2025, 12, 1))])
        for name in ("int_observation_comparable", "int_combined_authority_spread", "mart_comparison", "mart_trend"):
            con.execute(f"create table {name} as {model(name)}")
        found = con.execute(f"select * from {table}")
        names = [column[0] for column in found.description]
        answers = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    key = ("indicator_id", "area_code", "time_period") if table == "mart_comparison" else ("indicator_id", "area_code")
    return {tuple(row[name] for name in key): row for row in answers}


# --- plain Python -----------------------------------------------------------------------------------------


def limits(figure: Figure) -> tuple[float, float] | None:
    if figure.lower is not None and figure.upper is not None and figure.lower <= figure.value <= figure.upper:
        return figure.lower, figure.upper
    if figure.indicator == "rate" and figure.numerator is not None and figure.denominator:
        if abs(100 * figure.numerator / figure.denominator - figure.value) >= 0.51:
            return None
        n, p = figure.denominator, figure.numerator / figure.denominator
        centre = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
        return 100 * (centre - half), 100 * (centre + half)
    return None


def side_of(day: dt.date, breaks: Iterable[dt.date]) -> int:
    return sum(at <= day for at in breaks)


def run_of(figure: Figure, figures: Iterable[Figure], breaks: Iterable[dt.date]) -> list[Figure]:
    """The figures that one is compared with over time, in order."""
    step = max(12, figure.months)
    same = [
        other
        for other in figures
        if (other.indicator, other.area, other.months, other.basis)
        == (figure.indicator, figure.area, figure.months, figure.basis)
        and side_of(other.start, breaks) == side_of(figure.start, breaks)
        and (other.start.year * 12 + other.start.month - figure.start.year * 12 - figure.start.month) % step == 0
    ]
    return sorted(same, key=lambda other: other.start)


def in_words(higher: bool, polarity: str) -> str:
    if polarity == "neutral":
        return "higher" if higher else "lower"
    return "better" if higher == (polarity == "higher_is_better") else "worse"


def expected(figure: Figure, figures: Sequence[Figure], breaks: Sequence[dt.date]) -> dict[str, Any]:
    """What the mart should say of one figure."""
    grows, polarity = figure.indicator == "count", POLARITY[figure.indicator]
    peers = [
        other
        for other in figures
        if (other.indicator, other.period, other.basis) == (figure.indicator, figure.period, figure.basis)
    ]
    england = None
    if figure.area not in (ENGLAND, ENGLAND_ITL):
        by_code = {other.area: other for other in peers if other.release == figure.release}
        england = by_code.get(ENGLAND) or by_code.get(ENGLAND_ITL)
    interval = limits(figure)
    judgement = "not compared"
    if england and interval and not grows:
        inside = interval[0] <= england.value <= interval[1]
        judgement = "similar" if inside else in_words(figure.value > england.value, polarity)
    result: dict[str, Any] = {
        "lower_ci": interval and interval[0],
        "upper_ci": interval and interval[1],
        "comparator_value": england and england.value,
        "gap": None if grows or not england else figure.value - england.value,
        "ratio_to_comparator": figure.value / england.value
        if england and UNIT[figure.indicator] in ("percent", "GBP")
        else None,
        "share_of_comparator": 100 * figure.value / england.value if england and grows else None,
        "judgement": judgement,
    }
    values = [] if grows else [other.value for other in peers if other.area in AUTHORITIES]
    enough = len(values) >= 3
    centre = median(values) if enough else None
    spread = 1.4826 * median(abs(value - median(values)) for value in values) if len(values) >= 5 else None
    better = [v for v in values if (v < figure.value if polarity == "lower_is_better" else v > figure.value)]
    rank = len(better) + 1 if enough and figure.area in AUTHORITIES else None
    position = None
    if rank and spread and centre is not None:
        distance = figure.value - centre
        position = "above" if distance > 2 * spread else "below" if distance < -2 * spread else "within"
    result |= {
        "ca_count": len(values) or None,
        "ca_median": centre,
        "ca_min": min(values) if enough else None,
        "ca_max": max(values) if enough else None,
        "ca_spread": spread,
        "ca_rank": rank,
        "spread_position": position,
    }
    run = run_of(figure, figures, breaks)
    before = [other for other in run if other.start < figure.start]
    previous = before[-1] if before else None
    started = [other for other in run if dt.date(2018, 3, 1) <= other.end < STRATEGY]
    baseline = started[-1] if started else None
    since = baseline if baseline and baseline.start < figure.start else None
    in_percent = figure.indicator in ("pay", "count")
    return result | {
        "previous_period": previous and previous.period,
        "change": previous and figure.value - previous.value,
        "change_pct": 100 * (figure.value - previous.value) / previous.value if previous and in_percent else None,
        "baseline_period": baseline and baseline.period,
        "change_since_baseline": since and figure.value - since.value,
        "change_since_baseline_pct": 100 * (figure.value - since.value) / since.value if since and in_percent else None,
        "index_value": 100 * figure.value / baseline.value if baseline and figure.indicator != "score" else None,
    }


def slope_of(points: Sequence[tuple[Fraction, Fraction, Fraction]]) -> Fraction:
    """Weighted least squares: (x, y, weight) -> slope, exactly."""
    total = sum(w for _, _, w in points)
    x_mean = sum(w * x for x, _, w in points) / total
    y_mean = sum(w * y for _, y, w in points) / total
    return sum(w * (x - x_mean) * (y - y_mean) for x, y, w in points) / sum(w * (x - x_mean) ** 2 for x, _, w in points)


def expected_trend(run: Sequence[Figure]) -> dict[str, Any]:
    """What the mart should say of the latest five figures of a run."""
    latest = run[-5:]
    intervals = [limits(figure) for figure in latest]
    known = [interval for interval in intervals if interval and interval[1] > interval[0]]
    if len(latest) < 5 or len(known) < 5:
        return {"n_points": len(latest), "trend": "cannot be calculated", "chi_squared": None}
    points = []
    for figure, (lower, upper) in zip(latest, known, strict=True):
        error = (Fraction(upper) - Fraction(lower)) / (2 * Fraction(Z))
        years = Fraction(figure.start.year) + Fraction(figure.start.month - 1, 12)
        points.append((years, Fraction(figure.value), 1 / error**2))
    slope = slope_of(points)
    total = sum(w for _, _, w in points)
    mean = sum(w * x for x, _, w in points) / total
    chi_squared = float(slope**2 * sum(w * (x - mean) ** 2 for x, _, w in points))
    sign = (slope > 0) - (slope < 0)
    others = [slope_of([*points[:at], *points[at + 1 :]]) for at in range(5)]
    robust = all((other > 0) - (other < 0) == sign for other in others)
    significant = chi_squared > 9.5495 and robust
    trend = ("increasing" if slope > 0 else "decreasing") if significant else "no significant change"
    return {"n_points": 5, "trend": trend, "chi_squared": chi_squared, "slope_per_year": float(slope)}


# --- any figures ------------------------------------------------------------------------------------------

VALUES = st.integers(1, 400).map(lambda n: n / 4)


@st.composite
def _figures(draw: st.DrawFn) -> list[Figure]:
    indicator = draw(st.sampled_from(sorted(POLARITY)))
    months = draw(st.sampled_from([12, 12, 36, 3, 1]))
    areas = draw(
        st.lists(
            st.sampled_from([*AUTHORITIES, ABOLISHED, ENGLAND, ENGLAND_ITL, TOWN]), min_size=2, max_size=8, unique=True
        )
    )
    first = draw(st.integers(2014, 2018))
    # Rolling periods: a year may begin in January or in July as well.
    starts = [
        dt.date(year, month, 1)
        for year in range(first, first + 8)
        for month in draw(st.sampled_from([(1,), (4,), (1, 7)]))
    ]
    figures = []
    for area in areas:
        for start in starts:
            if draw(st.integers(0, 9)) == 0:
                continue
            value = draw(VALUES)
            figure = Figure(indicator, area, start, months, value)
            kind = draw(st.sampled_from(["none", "limits", "limits", "limits", "counts"]))
            if kind == "limits":
                half = draw(st.integers(1, 40)) / 8
                figure = replace(figure, lower=value - half, upper=value + half)
            elif kind == "counts" and value <= 100:
                denominator = draw(st.integers(1, 50)) * 400
                figure = replace(figure, numerator=value * denominator / 100, denominator=denominator)
            release = draw(st.sampled_from(["r1", "r1", "r1", "r2"]))
            figures.append(replace(figure, release=release))
    return figures or [Figure(indicator, areas[0], starts[0], months, draw(VALUES))]


BREAKS = st.lists(st.dates(dt.date(2016, 1, 1), dt.date(2023, 1, 1)), max_size=2, unique=True)


@settings(max_examples=40, deadline=None)
@given(figures=_figures(), breaks=BREAKS)
def test_comparisons_are_those_of_plain_python(figures: list[Figure], breaks: list[dt.date]) -> None:
    found = compared(figures, [(name, day) for name in POLARITY for day in breaks])
    assert len(found) == len(figures)
    for figure in figures:
        row = found[figure.indicator, figure.area, figure.period]
        for name, value in expected(figure, figures, breaks).items():
            same = row[name] == value if not isinstance(value, float) else row[name] == pytest.approx(value, abs=1e-6)
            assert same, f"{name} of {figure}: expected {value!r}, found {row[name]!r}"


@settings(max_examples=40, deadline=None)
@given(figures=_figures(), breaks=BREAKS)
def test_trends_are_those_of_plain_python(figures: list[Figure], breaks: list[dt.date]) -> None:
    found = compared(figures, [(name, day) for name in POLARITY for day in breaks], "mart_trend")
    for area in {figure.area for figure in figures}:
        newest = max((figure for figure in figures if figure.area == area), key=lambda f: (f.end, f.start))
        row = found[newest.indicator, area]
        wanted = expected_trend(run_of(newest, figures, breaks))
        assert (row["n_points"], row["last_period"]) == (wanted["n_points"], newest.period)
        if wanted["chi_squared"] is None or abs(wanted["chi_squared"] - 9.5495) > 1e-6:
            assert row["trend"] == wanted["trend"]
        assert row["chi_squared"] == (
            wanted["chi_squared"] and pytest.approx(wanted["chi_squared"], rel=1e-6, abs=1e-9)
        )


# --- figures of the literature ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numerator", "denominator", "lower", "upper"),
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_limits_are_those_of_newcombe(numerator: int, denominator: int, lower: float, upper: float) -> None:
    limits_of = (macro(f"wilson_limit('{numerator}', '{denominator}.0', '{side}')") for side in "-+")
    with duckdb.connect() as con:
        found = con.execute(f"select {', '.join(limits_of)}").fetchone()
    assert found is not None
    assert [round(limit / 100, 4) + 0.0 for limit in found] == [lower, upper]


def _inactivity(area: str, year: int, value: float, lower: float, upper: float) -> Figure:
    return Figure("rate", area, dt.date(year, 1, 1), 12, value, lower, upper)


def test_economic_inactivity_is_worse_than_england_and_without_trend() -> None:
    """Annual Population Survey, as Explore Local Statistics prints it."""
    city_region = [
        _inactivity(HOME, *row)
        for row in [
            (2019, 24.0, 22.8, 25.2),
            (2020, 24.4, 23.0, 25.8),
            (2021, 22.7, 21.2, 24.2),
            (2022, 24.0, 22.2, 25.8),
            (2023, 24.2, 22.1, 26.3),
        ]
    ]
    figures = [*city_region, _inactivity(ENGLAND, 2023, 21.0, 20.7, 21.3)]
    row = compared(figures)["rate", HOME, "2023-01-01/P1Y"]
    assert (row["judgement"], round(row["gap"], 1), row["gap_unit"]) == ("worse", 3.2, "percentage points")
    trend = compared(figures, table="mart_trend")["rate", HOME]
    assert (trend["trend"], round(trend["chi_squared"], 2)) == ("no significant change", 0.08)


def test_a_trend_that_one_period_makes_is_none() -> None:
    points = [(2019, 10.0, 9.0, 11.0), (2020, 10.0, 9.0, 11.0), (2021, 10.0, 9.0, 11.0), (2022, 10.0, 9.0, 11.0)]
    outlier = [*points, (2023, 30.0, 29.0, 31.0)]
    row = compared([_inactivity(HOME, *point) for point in outlier], table="mart_trend")["rate", HOME]
    assert row["chi_squared"] > 9.5495
    assert (row["trend"], row["reason"]) == ("no significant change", "A single period decides the direction")
    steady = [(2019 + n, 10.0 + 2 * n, 9.0 + 2 * n, 11.0 + 2 * n) for n in range(5)]
    row = compared([_inactivity(HOME, *point) for point in steady], table="mart_trend")["rate", HOME]
    assert (row["trend"], row["trend_judgement"], row["slope_per_year"]) == (
        "increasing",
        "getting worse",
        pytest.approx(2),
    )


@pytest.mark.parametrize(("slope", "trend"), [(0.98, "increasing"), (0.975, "no significant change")])
def test_a_trend_is_significant_beyond_the_limit(slope: float, trend: str) -> None:
    """Five points with a standard error of 1: chi-squared is ten times the slope's square, 9.604 and 9.506."""
    points = [(2019 + n, 50 + slope * n, 50 + slope * n - Z, 50 + slope * n + Z) for n in range(5)]
    row = compared([_inactivity(HOME, *point) for point in points], table="mart_trend")["rate", HOME]
    assert (row["trend"], row["chi_squared"]) == (trend, pytest.approx(10 * slope**2))


def test_the_spread_is_the_textbook_one_and_no_judgement() -> None:
    # Median 2, absolute deviations 1, 1, 0, 0, 2, 4: their median is 1.
    values = dict(zip(AUTHORITIES, (1, 1, 2, 2, 4, 6), strict=True))
    rows = compared([Figure("pay", area, dt.date(2023, 1, 1), 12, value) for area, value in values.items()])
    found = {area: rows["pay", area, "2023-01-01/P1Y"] for area in AUTHORITIES}
    assert {row["ca_spread"] for row in found.values()} == {1.4826}
    assert found["E47000007"]["spread_position"] == "above"
    assert {row["judgement"] for row in found.values()} == {"not compared"}
    assert [row["ca_rank"] for row in found.values()] == [5, 5, 3, 3, 2, 1]


def test_a_series_that_every_release_starts_anew_is_not_compared_across_releases() -> None:
    figures = [replace(Figure("rate", HOME, dt.date(2020 + n, 1, 1), 12, 50.0 + n), release=f"r{n}") for n in range(3)]
    row = compared(figures, [("rate", None)])["rate", HOME, "2022-01-01/P1Y"]
    assert row["previous_period"] is None
    assert compared(figures)["rate", HOME, "2022-01-01/P1Y"]["previous_period"] == "2021-01-01/P1Y"


def test_invented_figures_are_not_compared_with_published_ones() -> None:
    england = Figure("rate", ENGLAND, dt.date(2023, 1, 1), 12, 21.0)
    home = _inactivity(HOME, 2023, 24.2, 22.1, 26.3)
    row = compared([home, replace(england, basis="illustrative")])["rate", HOME, "2023-01-01/P1Y"]
    assert (row["comparator_value"], row["judgement"]) == (None, "not compared")


# --- targets ----------------------------------------------------------------------------------------------


def trajectory(
    figures: Iterable[Figure], direction: str, value: float | None, year: int | None, comparator: str | None = None
) -> tuple[str, str, float | None]:
    """Trajectory, reason and required value of one target about the indicator `pay`, stated in March 2020."""
    with duckdb.connect() as con:
        con.register("rows", pa.Table.from_pylist([dict(zip(NAMES, figure.row(), strict=True)) for figure in figures]))
        con.execute(
            "create table int_observation_comparable as select indicator_id, breakdown, ref_area, time_period,"
            " period_start, period_end, dataset, basis, release_id, obs_value, cast(lower_ci as double) as lower_ci,"
            " cast(upper_ci as double) as upper_ci, 'percent' as change_in, 'higher_is_better' as polarity,"
            " freq as run from rows"
        )
        con.execute("create table documents as select 'D' as document_id, date '2020-03-01' as published_on")
        con.execute("create table targets as select 'T' as target_id, 'D' as document_id")
        con.execute(
            "create table dim_target as select 'T' as target_id, 'F' as framework_id, '1' as outcome_id,"
            " '1a' as measure_id, 'pay' as indicator_id, 'more of it' as statement, ? as direction,"
            " cast(? as double) as target_value,"
            " 'GBP' as unit, cast(? as bigint) as target_year, cast(? as varchar) as comparator_area",
            [direction, value, year, comparator],
        )
        found = con.execute(f"select trajectory, reason, required_value from ({model('mart_target')})").fetchone()
    assert found is not None
    return found


def _pay(year: int, value: float, half: float | None = None, area: str = HOME) -> Figure:
    limits_of = (None, None) if half is None else (value - half, value + half)
    return Figure("pay", area, dt.date(year, 1, 1), 12, value, *limits_of)


@pytest.mark.parametrize(
    ("newest", "half", "wanted"),
    # From 10 in 2019 to 20 in 2029: the path asks for 14 in 2023 (four years of ten, leap days aside).
    [(14.5, None, "on track"), (13.5, None, "off track"), (13.5, 1.0, "cannot be said"), (20.5, None, "reached")],
)
def test_a_target_is_held_against_a_straight_path(newest: float, half: float | None, wanted: str) -> None:
    found, reason, required = trajectory([_pay(2019, 10), _pay(2023, newest, half)], "reach", 20, 2029)
    assert (found, required) == (wanted, pytest.approx(14, abs=0.01))
    assert reason


def test_a_falling_target_is_on_track_below_its_path() -> None:
    assert trajectory([_pay(2019, 100), _pay(2024, 70)], "reach", 0, 2039)[0] == "on track"
    assert trajectory([_pay(2019, 100), _pay(2024, 80)], "reach", 0, 2039)[0] == "off track"


@pytest.mark.parametrize(
    ("figures", "direction", "value", "year", "reason"),
    [
        ([_pay(2019, 10)], "reach", 20, 2029, "The series has no figure from after the document"),
        ([_pay(2021, 10), _pay(2023, 12)], "reach", 20, 2029, "The series has no figure from before the document"),
        ([_pay(2019, 10), _pay(2023, 12)], "reach", 20, None, "Not reached, and the document states no year"),
        ([_pay(2019, 10), _pay(2023, 12)], "increase", None, None, "The document states no figure"),
        ([_pay(2023, 12, area=TOWN)], "reach", 20, 2029, "No figure of the area is loaded"),
    ],
)
def test_what_cannot_be_said_says_why(
    figures: list[Figure], direction: str, value: float | None, year: int | None, reason: str
) -> None:
    assert trajectory(figures, direction, value, year)[:2] == ("cannot be said", reason)


def test_a_target_to_match_an_area_takes_its_figure_of_the_same_release() -> None:
    figures = [_pay(2019, 10), _pay(2023, 12), _pay(2023, 11, area=ENGLAND)]
    assert trajectory(figures, "match", None, None, ENGLAND)[0] == "reached"
    behind = [*figures[:2], _pay(2023, 13, area=ENGLAND)]
    assert trajectory(behind, "match", None, None, ENGLAND)[:2] == (
        "cannot be said",
        "Not reached, and the document states no year",
    )
    other = [*figures[:2], replace(figures[2], release="r2")]
    assert trajectory(other, "match", None, None, ENGLAND)[1] == ("The same release has no figure of the area to match")
