"""Aggregates of any members and figures, held against sums that Python makes of decimals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rendered import OBSERVATION, macro, model

HOME, OTHER = "E47000004", "E47000001"
MEMBERS = {HOME: ("m1", "m2", "m3"), OTHER: ("m3", "m4")}
RULES = {"rate": "ratio", "count": "sum", "mean": "weighted", "people": "none", "median": "none"}
MULTIPLIER = 100
SOURCE = "'survey' as dataset, 1 as priority, 'primary' as role"
YEARS = (2020, 2021, 2024)
STATUSES = ("B", "O", "M", "Q", "F", "E", "P", "U", "A")  # in SDMX's order of precedence
Key = tuple[str, str, str, str]  # release, indicator, area, period


@dataclass(frozen=True)
class Figure:
    """One observation of a member, or of the combined authority itself."""

    release: str
    indicator: str
    area: str
    year: int
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    status: str

    @property
    def key(self) -> Key:
        return self.release, self.indicator, self.area, f"{self.year}-01-01/P1Y"

    def row(self) -> tuple[Any, ...]:
        numbers = [None if n is None else float(n) for n in (self.value, self.numerator, self.denominator)]
        kind = "excerpt" if self.release == "part" else "whole"
        of_release = ("published", "published", self.release, kind, "2025-01-01", "file!row", True)
        named = ("survey", self.indicator, self.area, f"{self.year}-01-01/P1Y", "total")
        return (*named, *numbers, None, None, self.status, "F", None, "unit", *of_release)


AMOUNTS = st.decimals(0, 10_000, places=3)
MAYBE = st.none() | AMOUNTS | AMOUNTS | AMOUNTS  # suppressed or missing now and then
FIGURES = st.lists(
    st.builds(
        Figure,
        release=st.sampled_from(["first", "second", "part"]),
        indicator=st.sampled_from(sorted(RULES)),
        area=st.sampled_from(["m1", "m2", "m3", "m4", "m1", "m2", "m3", "m4", HOME]),
        year=st.sampled_from(YEARS),
        value=MAYBE,
        numerator=MAYBE,
        denominator=MAYBE,
        status=st.sampled_from(STATUSES),
    ),
    unique_by=lambda figure: figure.key,
    min_size=30,
    max_size=120,
)


@pytest.fixture(scope="module")
def warehouse() -> duckdb.DuckDBPyConnection:
    """A DuckDB in which `aggregated` is a view on whatever figures there are."""
    con = duckdb.connect()
    con.execute(f"create table int_observation_conformed ({OBSERVATION})")
    con.execute("create view int_observation_corrected as from int_observation_conformed")  # nothing is corrected
    con.execute("create table int_observation_derived as from int_observation_conformed")
    con.execute(
        "create table indicators (indicator_id varchar, aggregation_rule varchar, ratio_multiplier varchar, "
        "weight_indicator_id varchar)"
    )
    con.executemany(
        "insert into indicators values (?, ?, ?, ?)",
        [(name, rule, str(MULTIPLIER), "people" if rule == "weighted" else None) for name, rule in RULES.items()],
    )
    con.execute(f"create table indicator_sources as select indicator_id, {SOURCE} from indicators")
    con.execute("create table provider_memberships (dataset varchar, parent_code varchar, member_code varchar)")
    con.execute("create table areas as select unnest(?) as area_code, 'combined_authority' as area_type", [[*MEMBERS]])
    con.execute("create table area_memberships (parent_code varchar, member_code varchar, valid_to date)")
    con.executemany(
        "insert into area_memberships values (?, ?, null)",
        [(parent, one) for parent, all_ in MEMBERS.items() for one in all_],
    )
    con.execute("insert into area_memberships values (?, 'm9', '2019-03-31')", [HOME])  # was a member
    for name in ("int_aggregation_member", "int_observation_aggregated"):
        con.execute(f"create view {name} as {model(name)}")
    return con


def aggregated(warehouse: duckdb.DuckDBPyConnection, figures: Iterable[Figure]) -> dict[Key, tuple[Any, ...]]:
    """(value, numerator, denominator, status, components) of what the model makes of the figures."""
    rows = [figure.row() for figure in figures]
    warehouse.execute("truncate int_observation_conformed")
    columns = list(zip(*rows, strict=True))
    unnested = ", ".join(f"unnest(${at})" for at in range(1, len(columns) + 1))
    warehouse.execute(f"insert into int_observation_conformed select {unnested}", [list(column) for column in columns])
    found = warehouse.execute(
        "select release_id, indicator_id, ref_area, time_period, obs_value, numerator, denominator, obs_status, "
        "n_components from int_observation_aggregated"
    ).fetchall()
    made = {row[:4]: row[4:] for row in found}
    assert len(made) == len(found)  # one row for each
    return made


def expected(figures: list[Figure]) -> dict[Key, tuple[Any, ...]]:
    """The same, member by member."""
    weights = {
        (f.area, f.year): f.value
        for f in sorted(figures, key=lambda f: f.release)
        if f.indicator == "people" and f.value is not None
    }
    groups: dict[tuple[str, str, str, int], list[Figure]] = defaultdict(list)
    for figure in figures:
        for parent, members in MEMBERS.items():
            if (
                RULES[figure.indicator] != "none"
                and figure.area in members
                and (figure.release != "part" or parent == HOME)
            ):
                groups[figure.release, figure.indicator, parent, figure.year].append(figure)
    parts = {figure.key: part for group in groups.values() for figure in group if (part := _part(figure, weights))}
    fed = {(release, indicator) for release, indicator, _, _ in parts}
    own = {figure.key for figure in figures}
    made = {}
    for (release, indicator, parent, year), group in groups.items():
        key = (release, indicator, parent, f"{year}-01-01/P1Y")
        if key in own or (release, indicator) not in fed:
            continue
        brought = [parts[figure.key] for figure in group if figure.key in parts]
        upper, lower = (sum((part[at] for part in brought), Decimal(0)) for at in (0, 1))
        rule, whole = RULES[indicator], len(brought) == len(MEMBERS[parent])
        value = None
        if whole and rule == "sum":
            value = float(upper)
        elif whole and lower > 0:
            value = float(upper) / float(lower)
        counted = rule == "ratio" and whole
        made[key] = (
            value,
            float(sum(f.numerator for f in group)) if counted else None,
            float(lower) if counted else None,
            _status(group, rule, value),
            len(brought),
        )
    return made


def near(number: Any) -> Any:
    return pytest.approx(number, rel=1e-12, abs=1e-9) if isinstance(number, float) else number


def _part(figure: Figure, weights: dict[tuple[str, int], Decimal]) -> tuple[Decimal, Decimal] | None:
    rule = RULES[figure.indicator]
    if rule == "sum":
        return None if figure.value is None else (figure.value, Decimal(1))
    if rule == "ratio":
        complete = figure.numerator is not None and figure.denominator is not None
        return (figure.numerator * MULTIPLIER, figure.denominator) if complete else None  # type: ignore[return-value,operator]
    # The weight of the year itself, else of the nearest one, of two as near the earlier.
    near = [
        (abs(year - figure.year), year)
        for area, year in weights
        if area == figure.area and abs(year - figure.year) <= 2
    ]
    if not near:
        return None
    weight = weights[figure.area, min(near)[1]]
    if weight == 0:
        return Decimal(0), weight
    return None if figure.value is None else (figure.value * weight, weight)


def _status(group: list[Figure], rule: str, value: float | None) -> str:
    if value is None:
        return "O"
    return "E" if rule == "weighted" else min((figure.status for figure in group), key=STATUSES.index)


@given(FIGURES, st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_aggregates_are_those_of_the_declared_rule(
    warehouse: duckdb.DuckDBPyConnection, figures: list[Figure], random: Any
) -> None:
    made = aggregated(warehouse, figures)
    wanted = expected(figures)
    assert made.keys() == wanted.keys()
    for key, row in made.items():
        # Products are made of doubles before they are added up as decimals: the last digits differ from Python's.
        assert list(row) == [near(one) for one in wanted[key]]
    for (_, indicator, area, _), (value, _, _, status, components) in made.items():
        assert RULES[indicator] != "none"
        if components < len(MEMBERS[area]):
            assert (value, status) == (None, "O")  # never a partial sum
    random.shuffle(figures)
    assert aggregated(warehouse, figures) == made  # to the last digit, in whatever order the rows come


@given(st.lists(st.integers(1, 10**9), min_size=3, max_size=3), st.lists(st.integers(1, 10**9), min_size=3, max_size=3))
@settings(max_examples=10)
def test_rate_of_the_whole_is_that_of_its_counts(
    warehouse: duckdb.DuckDBPyConnection, upper: list[int], lower: list[int]
) -> None:
    """Whatever the members' own rates say: they are not looked at."""
    counts = [(Decimal(u), Decimal(d)) for u, d in zip(upper, lower, strict=True)]
    figures = [
        Figure("first", "rate", area, 2021, Decimal(50), u, d, "A")
        for area, (u, d) in zip(MEMBERS[HOME], counts, strict=True)
    ]
    made = aggregated(warehouse, figures)
    assert made["first", "rate", HOME, "2021-01-01/P1Y"][0] == pytest.approx(100 * sum(upper) / sum(lower), rel=1e-15)
    assert made["first", "rate", OTHER, "2021-01-01/P1Y"][0] is None  # m4 is not there


@given(st.lists(st.decimals(-(10**9), 10**9, places=8), min_size=1, max_size=100), st.randoms(use_true_random=False))
@settings(max_examples=10)
def test_sums_are_the_same_in_any_order(
    warehouse: duckdb.DuckDBPyConnection, amounts: list[Decimal], random: Any
) -> None:
    total_of = macro("exact_sum('amount')")
    sql = f"select {total_of} from (select unnest(?::double[]) as amount)"
    (total,) = warehouse.execute(sql, [[float(amount) for amount in amounts]]).fetchone() or (None,)
    assert total == pytest.approx(float(sum(amounts)), rel=1e-15, abs=1e-6 * len(amounts) / 100)
    random.shuffle(amounts)
    assert warehouse.execute(sql, [[float(amount) for amount in amounts]]).fetchone() == (total,)


# --- figures that are made of aggregates ------------------------------------------------------------------

PARTS, WHOLES = "uk_exports_value", "gva_current_prices"


@given(
    st.dictionaries(st.tuples(st.sampled_from(["m1", HOME]), st.sampled_from(YEARS)), MAYBE, min_size=1),
    st.dictionaries(st.tuples(st.sampled_from(["m1", HOME]), st.sampled_from(YEARS)), MAYBE, min_size=1),
)
@settings(max_examples=10)
def test_a_ratio_of_two_figures_needs_both(parts: dict[Any, Any], wholes: dict[Any, Any]) -> None:
    con = duckdb.connect()
    con.execute(f"create table int_observation_conformed ({OBSERVATION})")
    con.execute("create view int_observation_corrected as from int_observation_conformed")  # nothing is corrected
    con.execute(f"create table indicator_sources as select ? as indicator_id, {SOURCE}", [WHOLES])
    figures = [
        Figure("first", indicator, area, year, value, None, None, "P" if indicator == WHOLES else "A")
        for indicator, values in ((PARTS, parts), (WHOLES, wholes))
        for (area, year), value in values.items()
    ]
    con.executemany(f"insert into int_observation_conformed values ({', '.join('?' * 21)})", [f.row() for f in figures])
    con.execute("create table int_observation_aggregated as select * from int_observation_conformed limit 0")
    found = con.execute(
        "select ref_area, cast(left(time_period, 4) as integer), obs_value, numerator, denominator, obs_status "
        f"from ({model('int_observation_of_aggregates')})"
    ).fetchall()
    assert {row[:2] for row in found} == parts.keys() & wholes.keys()
    for area, year, value, upper, lower, status in found:
        part, whole = (None if n is None else float(n) for n in (parts[area, year], wholes[area, year]))
        assert (upper, lower) == (part, whole)
        if part is None or not whole:
            assert (value, status) == (None, "O")
        else:
            assert value == pytest.approx(100 * part / whole, rel=1e-15)
            assert status == "P"  # the weaker of the two
    con.close()
