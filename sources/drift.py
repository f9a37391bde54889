"""Drift: how a release differs in form from the one before it, told apart into what is absorbed and what stops it.

A release leaves a *fingerprint* of each raw table: headers as published, what kind of text each column holds, sheets
or members, areas, periods, categories, markers. Of two releases that follow one another:

    cosmetic    headers with other case, notes, order or names; columns, areas, markers or categories that are new;
                sheets with other names; periods that go at either end of the series: absorbed, and reported
    meaningful  a required column without its numbers, another unit in a header, a category that is gone, an area that
                is gone and that the mart compares, a gap in the periods: the release is refused, unless `may_go`
                lists what is gone

A column that is lost, rows outside their band and areas that must be there need no earlier release: they are refused
by the readers and the landing contract.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

from sources.catalogue import SEEDS_DIR, Dataset, Table, place_of
from sources.errors import ContractError
from sources.readers import PROVENANCE
from sources.readers.header import normalise
from sources.readers.shape import header_of, published_header

if TYPE_CHECKING:
    import pyarrow as pa

    from sources.release import Release

Kind = Literal["number", "date", "text", "empty"]
Severity = Literal["cosmetic", "meaningful"]

MARKERS_KEPT = 40
DISTINCT_KEPT = 250_000
NAMED = 8  # so many of a list are named in a sentence
_NUMBER = r"^[-+]?(\d[\d,]*)?\.?\d+([eE][-+]?\d+)?%?$"
_DATE = r"^\d{4}-\d{2}-\d{2}"
_NOTE = re.compile(r"[\[(].*?[\])]")
_YEAR = re.compile(r"(?:19|20)\d{2}")
# Units as publishers write them into headers, and what makes two of them alike.
_UNIT = re.compile(
    r"(?i)(?<![a-z])(kt|mt|ktoe|mtoe|[kmgt]wh|%|per ?cent|percentage|£|gbp|millions?|thousands?|000s|bn|billions?"
    r"|tonnes|miles|km2?|hectares)(?![a-z])"
)
_SAME_UNIT = {"percent": "%", "per cent": "%", "percentage": "%", "gbp": "£", "000s": "thousand", "billion": "bn"}


@dataclass(frozen=True)
class Fingerprint:
    """Form of one raw table of one release. `headers`: as published, in order; `header_of`: canonical -> published."""

    headers: tuple[str, ...]
    header_of: dict[str, str]
    kinds: dict[str, Kind]
    members: tuple[str, ...]
    areas: tuple[str, ...]
    periods: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]
    markers: dict[str, tuple[str, ...]]
    rows: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Fingerprint:
        lists = ("headers", "members", "areas", "periods")
        maps = ("categories", "markers")
        texts = {name: tuple(stored[name]) for name in lists}
        by_column = {name: {key: tuple(found) for key, found in stored[name].items()} for name in maps}
        return cls(**{**stored, **texts, **by_column})


@dataclass(frozen=True)
class Drift:
    """One difference in form between two releases that follow one another."""

    table_name: str
    what: str
    severity: Severity
    expected: str  # of the earlier release
    found: str
    place: str = ""  # line of the catalogue to change, where the release was refused


class DriftError(ContractError):
    """A release whose form differs from the one before it in a way that changes what its figures mean."""

    def __init__(
        self, dataset: Dataset, where: str, before: str, drifts: Sequence[Drift], results: Sequence[Mapping[str, Any]]
    ) -> None:
        self.before = before
        self.drifts = tuple(drifts)
        super().__init__(
            publisher=dataset.publisher,
            dataset=dataset.dataset,
            where=where,
            expected=f"the form of the release before it ({before})",
            failed_checks=[
                f"{drift.table_name} {drift.what}: expected {drift.expected}, found {drift.found}; {drift.place}"
                for drift in drifts
            ],
            results=results,
            action="Nothing was landed from it. If the publisher is right, list what is gone under may_go "
            "in the catalogue, or change what it says of the column.",
        )

    def to_dict(self) -> dict[str, Any]:
        """What the ledger keeps of it."""
        return {"before": self.before, "drifts": [asdict(drift) for drift in self.drifts]}


def schema_hash(found: Mapping[str, Fingerprint]) -> str:
    """Twelve characters that are the same for releases of the same form: headers, kinds of columns, categories."""
    form = {table: [of.headers, of.header_of, of.kinds, of.categories] for table, of in found.items()}
    return hashlib.sha256(json.dumps(form, sort_keys=True).encode()).hexdigest()[:12]


# --- fingerprint ------------------------------------------------------------------------------------------


def fingerprints(dataset: Dataset, tables: Mapping[str, Iterable[pa.Table]]) -> dict[str, Fingerprint]:
    """The form of every raw table of a release, by table name; of each its pieces, at least one."""
    return {table.name: fingerprint(table, tables[table.name]) for table in dataset.tables if table.name in tables}


def fingerprint(table: Table, pieces: Iterable[pa.Table]) -> Fingerprint:
    """The form of one raw table as read."""
    columns: dict[str, _Distinct] = {}
    headed, rows = [], 0
    for piece in pieces:
        headed.append(piece.schema.empty_table())
        rows += piece.num_rows
        for name in (*table.column_names, PROVENANCE[2]):
            if name in piece.column_names:
                columns.setdefault(name, _Distinct()).add(piece.column(name))
    headers, published = header_of(headed[0].replace_schema_metadata(published_header(headed)))
    texts = {name: column.texts() for name, column in columns.items()}
    members = texts.pop(PROVENANCE[2])
    kinds = {name: _kind(found) for name, found in texts.items()}
    area, period = table.expect.area_column, table.period_column
    return Fingerprint(
        headers=tuple(headers),
        header_of=published,
        kinds=kinds,
        members=_texts(members),
        areas=_texts(texts[area]) if area in texts else (),
        periods=_periods_of(texts[period]) if period in texts else (),
        categories={name: _texts(texts[name]) for name in table.expect.categories},
        markers={
            name: markers for name, kind in kinds.items() if kind == "number" and (markers := _markers(texts[name]))
        },
        rows=rows,
    )


class _Distinct:
    """Texts of a column, each once, trimmed: the first DISTINCT_KEPT numbers, and as many others.

    A column with more of them is told by those; what markers it has is known to the end.
    """

    def __init__(self) -> None:
        import pyarrow as pa

        self._numbers = self._others = pa.array([], pa.string())

    def add(self, column: pa.ChunkedArray) -> None:
        import pyarrow.compute as pc

        if len(self._others) >= DISTINCT_KEPT:
            return
        found = pc.unique(pc.utf8_trim_whitespace(pc.fill_null(pc.unique(column), "")))
        is_number = pc.match_substring_regex(found, _NUMBER)
        self._others = _joined(self._others, found.filter(pc.invert(is_number)))
        if len(self._numbers) < DISTINCT_KEPT:
            self._numbers = _joined(self._numbers, found.filter(is_number))

    def texts(self) -> pa.Array:
        import pyarrow as pa

        return pa.concat_arrays([self._numbers, self._others])


def _joined(texts: pa.Array, more: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.unique(pa.chunked_array([texts, more])) if len(more) else texts


def _texts(found: pa.Array) -> tuple[str, ...]:
    return tuple(sorted(text for text in found.to_pylist() if text))


def _periods_of(found: pa.Array) -> tuple[str, ...]:
    """Labels with a year in them, without notes such as (provisional) or [r], which come and go."""
    plain = {_NOTE.sub("", text).strip() for text in _texts(found)}
    return tuple(sorted(text for text in plain if _YEAR.search(text)))


def _kind(found: pa.Array) -> Kind:
    """Of the different texts of a column: what more than half of them are; of numbers, a quarter is enough."""
    import pyarrow.compute as pc

    filled = pc.sum(pc.not_equal(found, "")).as_py() or 0
    if not filled:
        return "empty"
    if (pc.sum(pc.match_substring_regex(found, _NUMBER)).as_py() or 0) * 4 > filled:
        return "number"
    dates = pc.sum(pc.match_substring_regex(found, _DATE)).as_py() or 0
    return "date" if dates * 2 > filled else "text"


def _markers(found: pa.Array) -> tuple[str, ...]:
    import pyarrow.compute as pc

    others = found.filter(pc.invert(pc.match_substring_regex(found, _NUMBER)))
    return _texts(others)[:MARKERS_KEPT]


# --- comparison -------------------------------------------------------------------------------------------


def has_form(release: Release) -> bool:
    """Whether a release is one to compare: whole, and a publisher's. A return holds what its author had to report."""
    return not release.is_incomplete and release.origin != "return"


def drifts_of_release(
    dataset: Dataset, before: Mapping[str, Fingerprint], now: Mapping[str, Fingerprint]
) -> list[Drift]:
    """Differences of all tables that two releases share: of optional tables a release may hold others."""
    return [
        drift
        for table in dataset.tables
        if table.name in before and table.name in now
        for drift in drifts(dataset, table, before[table.name], now[table.name])
    ]


def drifts(dataset: Dataset, table: Table, before: Fingerprint, now: Fingerprint) -> list[Drift]:
    """Differences of `now` from `before`, its predecessor. What the catalogue lists under `may_go` is cosmetic."""
    found = chain(
        _headers(before, now),
        _sheets(before, now) if table.format == "workbook" else (),
        _kinds(table, before, now),
        _areas(before, now),
        _periods(before, now),
        _categories(before, now),
        _new_markers(before, now),
    )
    return [_judged(dataset, table, change) for change in found]


@dataclass(frozen=True)
class _Change:
    what: str
    expected: str
    found: str
    gone: tuple[str, ...] = ()  # what makes the change meaningful, unless it may go
    keys: tuple[str | int, ...] = ("expect", "may_go")


def _judged(dataset: Dataset, table: Table, change: _Change) -> Drift:
    stops = [text for text in change.gone if text not in table.expect.may_go]
    severity: Severity = "meaningful" if stops else "cosmetic"
    place = place_of(dataset, table.name, *change.keys) if stops else ""
    return Drift(table.name, change.what, severity, change.expected, change.found, place)


def _headers(before: Fingerprint, now: Fingerprint) -> Iterator[_Change]:
    if not before.headers or not now.headers:
        return
    plain_before, plain_now = _plain(before.headers), _plain(now.headers)
    for text in [before.headers[at] for at, plain in enumerate(plain_before) if plain not in plain_now]:
        if text and text not in before.header_of.values():
            yield _Change("unused column gone", repr(text), "no such column")
    used_now, used_before = set(now.header_of.values()), set(before.header_of.values())
    new = [now.headers[at] for at, plain in enumerate(plain_now) if plain and plain not in plain_before]
    unused = [text for text in new if text not in used_now]
    if unused:
        yield _Change("new column", "the columns of the release before it", _named(unused))
    shared = [plain for plain in plain_before if plain in plain_now]
    if shared != [plain for plain in plain_now if plain in plain_before]:
        yield _Change("column order", _named(before.headers), _named(now.headers))
    for column, text in before.header_of.items():
        if column not in now.header_of:
            yield _Change("optional column gone", f"{column} ({text!r})", "no such column")
        elif now.header_of[column] != text:
            yield _header_text(column, text, now.header_of[column])
    for column in now.header_of.keys() - before.header_of.keys() if used_before else ():
        yield _Change("optional column new", f"no {column}", repr(now.header_of[column]))


def _plain(headers: Iterable[str]) -> list[str]:
    return [normalise(text) for text in headers]


def _header_text(column: str, before: str, now: str) -> _Change:
    if _units(before) != _units(now):
        return _Change("unit in header", repr(before), repr(now), gone=(before,), keys=("columns", column))
    return _Change("header text", f"{column} as {before!r}", repr(now))


def _units(text: str) -> set[str]:
    found = {unit.lower().removesuffix("s") if len(unit) > 3 else unit.lower() for unit in _UNIT.findall(text)}  # noqa: PLR2004
    return {_SAME_UNIT.get(unit, unit) for unit in found}


def _sheets(before: Fingerprint, now: Fingerprint) -> Iterator[_Change]:
    """Names without their years and numbers, which change with every edition."""
    if {_letters(name) for name in before.members} != {_letters(name) for name in now.members}:
        yield _Change("sheet names", _named(before.members), _named(now.members))


def _letters(name: str) -> str:
    return re.sub(r"[\W\d_]+", "", name).casefold()


def _kinds(table: Table, before: Fingerprint, now: Fingerprint) -> Iterator[_Change]:
    """Of columns that hold values: of all others the texts themselves are compared.

    An optional column may be empty in some releases.
    """
    compared = {table.expect.area_column, table.period_column, *table.expect.categories}
    for column, kind in before.kinds.items():
        other = now.kinds.get(column, "empty")
        is_gone = column in before.header_of and column not in now.header_of  # which has its own line
        if kind in (other, "empty") or column in compared or is_gone:
            continue
        is_optional = column in table.columns and table.columns[column].optional
        lost = (column,) if kind == "number" and not is_optional else ()
        yield _Change("kind of column", f"{column} to hold {kind}s", other, gone=lost, keys=("columns", column))


def _areas(before: Fingerprint, now: Fingerprint) -> Iterator[_Change]:
    gone = _without(before.areas, now.areas)
    if gone:
        known = tuple(area for area in gone if area in _compared_areas())
        yield _Change(
            "areas gone", f"{_named(known or gone)} ({len(before.areas)} areas in all)", "not there", gone=known
        )
    new = _without(now.areas, before.areas)
    if new:
        yield _Change("areas new", f"{len(before.areas)} areas", f"{len(new)} more: {_named(new)}")


@cache
def _compared_areas() -> frozenset[str]:
    """Codes of areas that stand today and that the mart compares: wholes, and the members that some are made of."""
    members = {row["member_code"] for row in _seed("area_memberships.csv")}
    wholes = {"country", "region", "combined_authority", "itl1", "itl2"}
    return frozenset(
        row["area_code"]
        for row in _seed("areas.csv")
        if not row["valid_to"] and (row["area_type"] in wholes or row["area_code"] in members)
    )


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS_DIR / "geography" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _periods(before: Fingerprint, now: Fingerprint) -> Iterator[_Change]:
    gone = _without(before.periods, now.periods)
    if gone and now.periods:
        first, last = min(map(_when, now.periods)), max(map(_when, now.periods))
        inside = tuple(period for period in gone if first < _when(period) < last)
        shown = f"{_named(inside or gone)} ({len(before.periods)} in all)"
        yield _Change("gap in periods" if inside else "periods withdrawn", shown, "not there", gone=inside)
    skipped = _skipped(before.periods, now.periods)
    if skipped:
        yield _Change(
            "gap in periods", f"{_named(skipped)} after {_named(before.periods[-1:])}", "not there", gone=skipped
        )


def _skipped(before: Sequence[str], now: Sequence[str]) -> tuple[str, ...]:
    """Years between two series that each go year by year."""
    old, new = _years(before), _years(now)
    if not old or not new or len(old) != max(old) - min(old) + 1:
        return ()
    return tuple(str(year) for year in range(max(old) + 1, min(new)))


def _years(periods: Iterable[str]) -> set[int]:
    return {int(year[0]) for period in periods if (year := _YEAR.search(period))}


def _when(period: str) -> tuple[str, str]:
    year = _YEAR.search(period)
    return (year[0] if year else "", period)


def _categories(before: Fingerprint, now: Fingerprint) -> Iterator[_Change]:
    for column in before.categories.keys() & now.categories.keys():
        gone = _without(before.categories[column], now.categories[column])
        new = _without(now.categories[column], before.categories[column])
        if gone:
            yield _Change(f"{column} gone", _named(gone), f"only new: {_named(new)}" if new else "not there", gone=gone)
        elif new:
            yield _Change(f"{column} new", f"{len(before.categories[column])} texts", _named(new))


def _new_markers(before: Fingerprint, now: Fingerprint) -> Iterator[_Change]:
    for column, markers in now.markers.items():
        new = _without(markers, before.markers.get(column, ()))
        if new and column in before.kinds:
            yield _Change(
                "new marker", f"{column} with {_named(before.markers.get(column, ())) or 'numbers'}", _named(new)
            )


def _without(texts: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    known = set(others)
    return tuple(text for text in texts if text not in known)


def _named(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - NAMED} more" if len(texts) > NAMED else ""
    return ", ".join(repr(text) for text in texts[:NAMED]) + more
