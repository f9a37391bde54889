"""Which figure was known when, for any sequence of releases: held against a replay of them in Python."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sources.landing import Landing
from sources.release import Kind, Payload, PayloadFile, Release, describe, in_order, known_from
from tests.rendered import OBSERVATION, model

FIRST = dt.date(2026, 1, 1)
DAYS = st.integers(0, 40).map(lambda day: FIRST + dt.timedelta(days=day))
DATASETS = {"repeats": True, "adds": False}  # whether a release repeats the whole series
SOURCES = [
    ("rate", "repeats", 1, "primary", None),
    ("rate", "adds", 2, "fallback", ""),
    ("checked", "repeats", 1, "cross_check", ""),
]
AREAS, YEARS = ("a1", "a2"), (2023, 2024)
Cell = tuple[str, str]  # area, period


@dataclass(frozen=True)
class Vintage:
    """A release and what it says; a cell that it does not hold is absent."""

    release: Release
    figures: dict[Cell, float | None] = field(compare=False)

    @property
    def series(self) -> tuple[str, str, str]:
        return self.release.dataset, self.release.part, self.release.basis


def release(
    number: int, dataset: str, part: str, kind: Kind, basis: Any, published: dt.date, revised: dt.date | None
) -> Release:
    return Release(
        release_id=f"{dataset}:{part}:{number:02}",
        dataset=dataset,
        part=part,
        title="",
        url="",
        published_at=published,
        published_at_basis="publisher",
        revised_at=max(published, revised or published),
        retrieved_at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC) + dt.timedelta(hours=number),
        sha256=str(number),
        origin="live",
        basis=basis,
        kind=kind,
        citation="",
    )


FIGURES = st.dictionaries(
    st.tuples(st.sampled_from(AREAS), st.sampled_from([f"{year}-01-01/P1Y" for year in YEARS])),
    st.sampled_from([None, 1.0, 2.0, 2.0000000001, 5.0]),
)
RELEASES = st.lists(
    st.tuples(
        st.sampled_from([*DATASETS]),
        st.sampled_from(["", "part"]),
        st.sampled_from(["whole", "whole", "whole", "excerpt"]),
        st.sampled_from(["published", "published", "published", "illustrative"]),
        DAYS,
        st.none() | st.none() | DAYS,
    ),
    min_size=1,
    max_size=10,
)
VINTAGES = RELEASES.flatmap(
    lambda rows: st.tuples(
        *(st.builds(Vintage, st.just(release(number, *row)), FIGURES) for number, row in enumerate(rows))  # type: ignore[arg-type]
    )
)


# A file corrected under an old date, and then one that states a date before that correction.
PUT_OUT_AGAIN = [
    ("adds", "", "whole", "published", dt.date(2026, 1, day), dt.date(2026, 1, revised))
    for day, revised in ((10, 10), (5, 20), (15, 25))
]


# --- order of releases ------------------------------------------------------------------------------------


@given(RELEASES, st.randoms(use_true_random=False))
@example(PUT_OUT_AGAIN, None)
def test_a_later_release_is_never_known_before_an_earlier_one(rows: list[Any], random: Any) -> None:
    releases = [release(number, *row) for number, row in enumerate(rows)]
    ordered, known = in_order(releases), known_from(releases)
    if random is not None:
        random.shuffle(releases)
    assert in_order(releases) == ordered
    assert known_from(releases) == known
    series: dict[Any, list[Release]] = defaultdict(list)
    for one in ordered:
        series[one.dataset, one.part, one.basis].append(one)
    for of_part in series.values():
        days = [known[one.release_id] for one in of_part]
        assert days == sorted(days)
        assert all(known[one.release_id] in (one.published_at, one.revised_at) for one in of_part)
        assert days[0] == of_part[0].published_at


@given(
    st.lists(st.sampled_from("ABC"), min_size=1, max_size=8),
    st.lists(st.integers(0, 2), min_size=8, max_size=8),
    st.booleans(),
)
@settings(max_examples=40)
def test_going_back_to_earlier_bytes_is_a_release_again(contents: list[str], waits: list[int], dated: bool) -> None:
    """Bytes from one address, night after night: a release for every change, and the newest is what came last."""
    with TemporaryDirectory() as folder:
        landing = Landing(Path(folder) / "landing")
        day = FIRST
        landed = []
        for content, wait in zip(contents, waits, strict=False):
            day += dt.timedelta(days=1 + wait)
            path = Path(folder) / "payload.csv"
            path.write_text(content, encoding="utf-8")
            payload = Payload(
                dataset="survey",
                part="",
                title="",
                url="https://example.org/a.csv",
                files=(PayloadFile("a.csv", path, "https://example.org/a.csv"),),
                published_at=FIRST if dated else None,  # a date that its publisher never changes, or none
                origin="live",
                retrieved_at=dt.datetime.combine(day, dt.time(2), tzinfo=dt.UTC),
            )
            if landing.find(describe(payload)) is None:
                landing.commit(landing.store(payload))
                landed.append(content)
        releases = landing.releases(sample=False)
        assert landed == [content for content, _ in groupby(contents)]
        assert len({one.release_id for one in releases}) == len(releases) == len(landed)
        assert [one.sha256 for one in in_order(releases)] == [
            hashlib.sha256(one.encode()).hexdigest() for one in landed
        ]


# --- facts ------------------------------------------------------------------------------------------------


class Warehouse:
    """A DuckDB in which facts and revisions are views on whatever releases there are."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        con = self.con
        con.execute(f"create table int_observation_conformed ({OBSERVATION})")
        con.execute("create view int_observation_corrected as from int_observation_conformed")  # nothing is corrected
        con.execute("create table int_observation_derived as from int_observation_conformed")
        for name in ("int_observation_aggregated", "int_observation_of_aggregates"):
            con.execute(f"create table {name} as select *, 1::bigint as n_components from int_observation_conformed")
        con.execute(
            "create table raw_release (release_id varchar, dataset varchar, part varchar, basis varchar, kind varchar, "
            "published_at date, revised_at date, known_from date, retrieved_at timestamp)"
        )
        con.execute("create table raw_dataset (dataset varchar, whole_series boolean)")
        con.executemany("insert into raw_dataset values (?, ?)", list(DATASETS.items()))
        columns = "indicator_id varchar, dataset varchar, priority integer, role varchar, requires varchar"
        con.execute(f"create table indicator_sources ({columns})")
        con.executemany("insert into indicator_sources values (?, ?, ?, ?, ?)", SOURCES)
        con.execute("create table dim_indicator as select 'rate' as indicator_id, 'Rate' as indicator_name")
        con.execute("create table dim_area as select 'a1' as area_code, 'Area' as area_name")
        for name in ("int_release", "int_period"):
            con.execute(f"create view {name} as {model(name)}")
        self.facts, self.revisions = model("fct_observation"), model("mart_revisions")

    def load(self, vintages: Sequence[Vintage]) -> list[dict[str, Any]]:
        """Facts of these releases."""
        known = known_from(vintage.release for vintage in vintages)
        self.con.execute(
            "truncate raw_release; truncate int_observation_conformed; drop table if exists fct_observation"
        )
        self._insert("raw_release", [_release_row(vintage.release, known) for vintage in vintages])
        rows = [row for vintage in vintages for row in _rows(vintage, known)]
        if rows:
            self._insert("int_observation_conformed", rows)
        self.con.execute(f"create table fct_observation as {self.facts}")
        return self.select("select * from fct_observation")

    def _insert(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        columns = [list(column) for column in zip(*rows, strict=True)]
        self.con.execute(
            f"insert into {table} select {', '.join(f'unnest(${n})' for n in range(1, len(columns) + 1))}", columns
        )

    def select(self, sql: str) -> list[dict[str, Any]]:
        found = self.con.execute(sql)
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _release_row(one: Release, known: dict[str, dt.date]) -> tuple[Any, ...]:
    days = [day.isoformat() for day in (one.published_at, one.revised_at, known[one.release_id])]
    retrieved_at = one.retrieved_at.replace(tzinfo=None).isoformat()
    return (one.release_id, one.dataset, one.part, one.basis, one.kind, *days, retrieved_at)


def _rows(vintage: Vintage, known: dict[str, dt.date]) -> list[tuple[Any, ...]]:
    one = vintage.release
    says = ("published", one.basis, one.release_id, one.kind, known[one.release_id].isoformat(), "file!row", True)
    return [
        (one.dataset, indicator, area, period, "total", value, *[None] * 4, status, "F", None, "percent", *says)
        for indicator in (("rate", "checked") if one.dataset == "repeats" else ("rate",))
        for (area, period), value in vintage.figures.items()
        for status in ("O" if value is None else "A",)
    ]


@pytest.fixture(scope="module")
def warehouse() -> Warehouse:
    return Warehouse()


def followers(vintage: Vintage, vintages: Sequence[Vintage]) -> list[Vintage]:
    """Later releases of the same dataset, part and basis, in order."""
    by_id = {one.release.release_id: one for one in vintages if one.series == vintage.series}
    ordered = [by_id[one.release_id] for one in in_order(one.release for one in by_id.values())]
    return ordered[ordered.index(vintage) + 1 :]


def ending(cell: Cell, vintage: Vintage, vintages: Sequence[Vintage]) -> Vintage | None:
    """The release that takes the place of a figure: it gives the cell again, or is whole and leaves it out."""
    for later in followers(vintage, vintages):
        withdraws = DATASETS[later.release.dataset] and later.release.kind == "whole"
        if cell in later.figures or withdraws:
            return later
    return None


@given(VINTAGES)
@settings(max_examples=30)
def test_facts_are_a_replay_of_the_releases(warehouse: Warehouse, vintages: tuple[Vintage, ...]) -> None:
    facts = warehouse.load(vintages)
    known = known_from(vintage.release for vintage in vintages)
    assert len(facts) == sum(len(one.figures) * (2 if one.release.dataset == "repeats" else 1) for one in vintages)
    by_id = {vintage.release.release_id: vintage for vintage in vintages}
    series: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    keys: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for fact in facts:
        vintage, cell = by_id[fact["release_id"]], (fact["ref_area"], fact["time_period"])
        ends = ending(cell, vintage, vintages)
        assert fact["realtime_end"] == (ends and known[ends.release.release_id])
        assert fact["obs_value"] == vintage.figures[cell]
        series[(fact["indicator_id"], *cell, *vintage.series)].append(fact)
        keys[(fact["indicator_id"], *cell)].append(fact)
    order = {one.release_id: at for at, one in enumerate(in_order(vintage.release for vintage in vintages))}
    for rows in series.values():
        _follow_one_another(sorted(rows, key=lambda fact: order[fact["release_id"]]))
    for rows in keys.values():
        _one_serves(rows)


def _follow_one_another(rows: list[dict[str, Any]]) -> None:
    """Rows of one series, in order: none begins before the one before it has ended."""
    for row, follower in pairwise(rows):
        assert row["realtime_start"] <= row["realtime_end"] <= follower["realtime_start"]
    assert rows[-1]["realtime_end"] is None or rows[-1]["realtime_start"] <= rows[-1]["realtime_end"]


def _one_serves(rows: list[dict[str, Any]]) -> None:
    """Rows of one indicator, area and period: one serves where any may, and it is the one that should."""
    serving = [row for row in rows if row["is_latest"]]
    may_serve = [row for row in rows if row["realtime_end"] is None and row["indicator_id"] != "checked"]
    assert len(serving) == min(1, len(may_serve))
    for row in serving:
        assert row in may_serve
        rank = [
            (one["basis"] != "published", one["dataset"] != "repeats", -one["realtime_start"].toordinal())
            for one in may_serve
        ]
        assert (row["basis"] != "published", row["dataset"] != "repeats", -row["realtime_start"].toordinal()) == min(
            rank
        )


@given(VINTAGES)
@settings(max_examples=20)
def test_what_was_known_on_a_day_is_what_a_build_of_that_day_serves(
    warehouse: Warehouse, vintages: tuple[Vintage, ...]
) -> None:
    """Facts whose time includes the day, against facts of only those releases that were known by then."""
    facts = warehouse.load(vintages)
    known = known_from(vintage.release for vintage in vintages)
    day = sorted(known.values())[len(known) // 2]
    then = [vintage for vintage in vintages if known[vintage.release.release_id] <= day]
    names = ("indicator_id", "ref_area", "time_period", "release_id", "obs_value")
    served = {
        tuple(fact[name] for name in names)
        for fact in facts
        if fact["realtime_start"] <= day and (fact["realtime_end"] is None or day < fact["realtime_end"])
    }
    assert served == {
        tuple(fact[name] for name in names) for fact in warehouse.load(then) if fact["realtime_end"] is None
    }


@given(VINTAGES)
@settings(max_examples=20)
def test_revisions_are_the_changes_between_releases(warehouse: Warehouse, vintages: tuple[Vintage, ...]) -> None:
    warehouse.load(vintages)
    found = warehouse.select(f"select * from ({warehouse.revisions}) where indicator_id = 'rate'")
    said = {
        (row["old_release_id"], row["new_release_id"], row["ref_area"], row["time_period"]): (
            row["change"],
            row["old_value"],
            row["new_value"],
        )
        for row in found
    }
    assert len(said) == len(found)
    assert said == {key: change for vintage in vintages for key, change in _changes(vintage, vintages)}


def _changes(vintage: Vintage, vintages: Sequence[Vintage]) -> list[tuple[Any, Any]]:
    """What the next release that speaks to each of its cells made of it."""
    changes = []
    for cell, old in vintage.figures.items():
        ends = ending(cell, vintage, vintages)
        if ends is None:
            continue
        key, withdrawn = (vintage.release.release_id, ends.release.release_id, *cell), cell not in ends.figures
        new = None if withdrawn else ends.figures[cell]
        if withdrawn and old is not None:
            changes.append((key, ("withdrawn", old, None)))
        elif not withdrawn and (old is None) != (new is None):
            changes.append((key, ("filled" if old is None else "lost", old, new)))
        elif (
            old is not None and new is not None and abs(old - new) > 1e-6
        ):  # the last digits of a float are no revision
            changes.append((key, ("revised", old, new)))
    return changes
