"""One verdict on a table that is judged piece by piece: what Great Expectations would say of the whole.

A rule on single cells of a column that says the same again and again is judged once on its different cells; where one
of those does not fit, and in columns that are different in every row, in every piece, and the counts added up. A key is
judged on the rows that may share one (their hashes are kept, eight bytes a row), a set of values on those of them that
are there.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from expectations.model import NUMBER_SUFFIX, Rule, plain_column
from expectations.wording import SAMPLE_SIZE

if TYPE_CHECKING:
    import numpy as np
    import pandas

SHARED_KEYS = 1_000  # so many of them, in the order of the file, are looked at
SHARED_ROWS = 100_000
FEW_CELLS = 20_000  # different ones that are kept of a column
REPEATED = 10  # times that a cell of the first piece has to be there on average, to be judged once for all

_COLUMNS = "expect_table_columns_to_match_set"


@dataclass(frozen=True)
class Judged:
    """Great Expectations' outcome of one rule, as JSON.

    `labels`: of the rows that it samples; `texts`: what stands where no cell is a number, None for other rules.
    """

    outcome: dict[str, Any]
    labels: tuple[Any, ...] = ()
    texts: tuple[str, ...] | None = None


Pieces = Callable[[Sequence[str] | None], Iterable["pandas.DataFrame"]]
Prepare = Callable[[Sequence[Rule], "pandas.DataFrame"], "pandas.DataFrame"]
Judge = Callable[[Sequence[Rule], "pandas.DataFrame"], dict[str, Judged]]


@dataclass(frozen=True)
class Table:
    """A table in pieces, and who judges it.

    `pieces` gives the rows from the beginning, in at least one piece, with those of the named columns that are there or
    with all (None); `prepare` makes of a piece what rules ask for, `judge` is Great Expectations on a prepared piece.
    """

    pieces: Pieces
    prepare: Prepare
    judge: Judge
    row_label: str

    def pieces_for(self, rules: Iterable[Rule]) -> Iterator[pandas.DataFrame]:
        """With the columns that the rules are about, and no other.

        Great Expectations leaves every frame in a ring of references: it goes before the next one comes.
        """
        columns = dict.fromkeys(plain_column(column) for rule in rules for column in rule.columns)
        gc.freeze()  # what was there before need not be looked through
        try:
            for frame in self.pieces([self.row_label, *columns]):
                yield frame
                del frame
                gc.collect()
        finally:
            gc.unfreeze()

    def judged(self, rule: Rule, frame: pandas.DataFrame) -> Judged:
        return self.judge([rule], frame)[rule.name]


def judge_pieces(rules: Sequence[Rule], table: Table) -> dict[str, Judged]:
    """The verdict on each rule, by name."""
    held = list(islice(table.pieces(None), 2))
    first = held[0]
    if len(held) == 1:
        return table.judge(rules, table.prepare(rules, first))
    del held
    columns = [rule for rule in rules if rule.expectation == _COLUMNS]  # the same in every piece
    verdicts: dict[str, Judged] = table.judge(columns, table.prepare(rules, first.iloc[:0]))
    as_whole = {rule.name: whole for rule in rules if (whole := _as_whole(rule, first)) is not None}
    by_piece = [rule for rule in rules if rule.name not in as_whole and rule not in columns]
    prepared = [*by_piece, *(whole.rule for whole in as_whole.values() if whole.wants_prepared)]
    del first
    for raw in table.pieces_for(rules):
        frame = table.prepare(prepared, raw)
        for whole in as_whole.values():
            whole.add(frame)
        _add_piece(verdicts, by_piece, frame, table)
        del raw, frame
    found = {name: whole.verdict(table) for name, whole in as_whole.items()}
    again = [as_whole[name].rule for name, verdict in found.items() if verdict is None]
    for raw in table.pieces_for(again) if again else ():
        _add_piece(verdicts, again, table.prepare(again, raw), table)
    return verdicts | {name: verdict for name, verdict in found.items() if verdict is not None}


def _add_piece(verdicts: dict[str, Judged], rules: Sequence[Rule], frame: pandas.DataFrame, table: Table) -> None:
    """Adds what is found in one more piece, which has been prepared, to the verdicts."""
    found = table.judge(rules, frame) if rules else {}
    for rule in rules:
        verdicts[rule.name] = _merged(rule, verdicts.get(rule.name), found[rule.name])


class _Whole(Protocol):
    """What is gathered of all pieces for one rule; `verdict` is None where only the pieces can tell."""

    rule: Rule
    wants_prepared: ClassVar[bool]

    def add(self, frame: pandas.DataFrame) -> None: ...
    def verdict(self, table: Table) -> Judged | None: ...


def _as_whole(rule: Rule, first: pandas.DataFrame) -> _Whole | None:
    """How a rule is judged that need not be judged in every piece; None for the others."""
    columns = [plain_column(column) for column in rule.columns]
    if not set(first.columns).issuperset(columns):
        return None
    if rule.expectation in _OF_CELLS:
        return _Cells(rule) if first[columns[0]].nunique() * REPEATED <= len(first) else None
    return _AS_WHOLE[rule.expectation](rule) if rule.expectation in _AS_WHOLE else None


class _Rows:
    """How many there are."""

    wants_prepared: ClassVar[bool] = False

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._rows = 0

    def add(self, frame: pandas.DataFrame) -> None:
        self._rows += len(frame)

    def verdict(self, table: Table) -> Judged:
        import pandas as pd

        return table.judged(self.rule, pd.DataFrame(index=pd.RangeIndex(self._rows)))


class _Cells:
    """The different cells of a column, and how often each is there."""

    wants_prepared: ClassVar[bool] = False

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._column = plain_column(rule.columns[0])
        self._counts: pandas.Series[int] | None = None
        self._too_many = False

    def add(self, frame: pandas.DataFrame) -> None:
        import pandas as pd

        if self._too_many:
            return
        counts = frame[self._column].value_counts(dropna=False, sort=False)
        if self._counts is not None:
            counts = pd.concat([self._counts, counts]).groupby(level=0, dropna=False, sort=False).sum()
        self._counts, self._too_many = counts, len(counts) > FEW_CELLS

    def verdict(self, table: Table) -> Judged | None:
        """None where a cell does not fit, too: which rows it is in only the pieces tell."""
        if self._too_many or self._counts is None:
            return None
        cells = table.prepare([self.rule], self._counts.index.to_frame(index=False, name=self._column))
        judged = table.judged(self.rule, cells)
        detail = judged.outcome["result"]
        if not judged.outcome["success"] or detail["unexpected_count"]:
            return None
        missing = self._counts.to_numpy()[cells[self.rule.columns[0]].isna().to_numpy()]
        detail["element_count"] = int(self._counts.sum())
        if "missing_count" in detail:
            detail["missing_count"] = int(missing.sum())
        _add_percentages(detail)
        return judged


class _Set:
    """Which of the expected values are there."""

    wants_prepared: ClassVar[bool] = True

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._found: dict[Any, None] = {}

    def add(self, frame: pandas.DataFrame) -> None:
        self._found |= dict.fromkeys(frame[self.rule.columns[0]].dropna().unique())

    def verdict(self, table: Table) -> Judged:
        import pandas as pd

        return table.judged(self.rule, pd.DataFrame({self.rule.columns[0]: pd.Series(list(self._found), dtype="str")}))


class _Key:
    """Rows that share a key; rows without any of it are passed over, as Great Expectations does."""

    wants_prepared: ClassVar[bool] = True

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._columns = list(rule.columns)
        self._hashes: list[np.ndarray[Any, Any]] = []
        self._rows = 0

    def add(self, frame: pandas.DataFrame) -> None:
        self._rows += len(frame)
        self._hashes.append(self._hashed(self._filled(frame[self._columns])))

    def _filled(self, frame: pandas.DataFrame) -> pandas.DataFrame:
        return frame[frame[self._columns].notna().any(axis=1)]

    def _hashed(self, frame: pandas.DataFrame) -> np.ndarray[Any, Any]:
        """By DuckDB, ten times as fast as pandas is."""
        import duckdb
        import numpy as np
        import pyarrow as pa

        with duckdb.connect() as con:
            con.register("keys", pa.Table.from_pandas(frame[self._columns], preserve_index=False))
            return np.asarray(con.execute("select hash(keys) as key from keys").fetchnumpy()["key"])

    def verdict(self, table: Table) -> Judged:
        import numpy as np
        import pandas as pd

        hashes = np.concatenate(self._hashes)
        self._hashes.clear()
        hashes.sort()
        filled_rows, sharing = len(hashes), hashes[:-1] == hashes[1:]
        repeated = np.unique(hashes[:-1][sharing])
        shared_rows = int(np.count_nonzero(sharing)) + len(repeated)
        del hashes, sharing
        wanted = np.array([], "uint64")
        kept, count = [next(table.pieces_for([self.rule])).iloc[:0]], 0
        for frame in table.pieces_for([self.rule]) if len(repeated) else ():
            filled = self._filled(table.prepare([self.rule], frame))
            hashed = self._hashed(filled)
            if len(wanted) < SHARED_KEYS:
                wanted = pd.unique(np.concatenate([wanted, hashed[np.isin(hashed, repeated)]]))[:SHARED_KEYS]
            kept.append(filled[np.isin(hashed, wanted)])
            count += len(kept[-1])
            if count >= SHARED_ROWS:
                break
        judged = table.judged(self.rule, pd.concat(kept, ignore_index=True))
        detail = judged.outcome["result"]
        if detail["unexpected_count"] and count < shared_rows:
            detail["unexpected_count"] = shared_rows
        detail |= {"element_count": self._rows, "missing_count": self._rows - filled_rows}
        _add_percentages(detail)
        return judged


_AS_WHOLE: dict[str, type[_Key | _Set | _Rows]] = {
    "expect_column_values_to_be_unique": _Key,
    "expect_compound_columns_to_be_unique": _Key,
    "expect_column_distinct_values_to_contain_set": _Set,
    "expect_table_row_count_to_be_between": _Rows,
}
_OF_CELLS = (
    "expect_column_values_to_be_between",
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_match_regex",
    "expect_column_values_to_not_be_null",
)


def _merged(rule: Rule, before: Judged | None, now: Judged) -> Judged:
    """The verdict on the rows of two pieces."""
    if before is None or _raised(before):
        return before or now
    if _raised(now):
        return now
    old, detail = before.outcome["result"], now.outcome["result"]
    if "element_count" not in detail:
        raise ValueError(f"{rule.expectation} cannot be added up over pieces: give it a class in _AS_WHOLE")
    success = _added_up(rule, old, detail)
    texts = None if now.texts is None else tuple(dict.fromkeys((*(before.texts or ()), *now.texts)))[:SAMPLE_SIZE]
    return Judged(now.outcome | {"success": success}, (*before.labels, *now.labels)[:SAMPLE_SIZE], texts)


def _raised(judged: Judged) -> bool:
    return not judged.outcome["result"]


def _added_up(rule: Rule, old: dict[str, Any], detail: dict[str, Any]) -> bool:
    """Adds counts and samples of the rows before to `detail`. Returns whether enough cells are as they should be."""
    for count in ("element_count", "unexpected_count", "missing_count"):
        if count in detail:
            detail[count] += old[count]
    listed = [*old["partial_unexpected_list"], *detail["partial_unexpected_list"]][:SAMPLE_SIZE]
    detail["partial_unexpected_list"] = listed
    is_number = str(rule.kwargs.get("column", "")).endswith(NUMBER_SUFFIX)
    apart = [value for value in listed if value is None and is_number]  # no two missing numbers are alike
    counted = Counter(value for value in listed if value is not None or not is_number)
    detail["partial_unexpected_counts"] = [
        {"value": value, "count": count}
        for value, count in (
            *sorted(counted.items(), key=lambda item: (-item[1], item[0])),
            *((one, 1) for one in apart),
        )
    ]
    _add_percentages(detail)
    judged = detail["element_count"] - detail.get("missing_count", 0)
    return bool(not judged or (judged - detail["unexpected_count"]) / judged >= rule.kwargs.get("mostly", 1))


def _add_percentages(detail: dict[str, Any]) -> None:
    rows, unexpected, missing = detail["element_count"], detail["unexpected_count"], detail.get("missing_count", 0)

    def percent(count: int, of: int) -> float | None:
        return count / of * 100 if of else None

    detail["unexpected_percent"] = percent(unexpected, rows - missing)
    if "missing_count" in detail:
        detail["missing_percent"] = percent(missing, rows)
        detail["unexpected_percent_total"] = percent(unexpected, rows)
        detail["unexpected_percent_nonmissing"] = percent(unexpected, rows - missing)
