"""One verdict on a table that is judged piece by piece: what Great Expectations would say of the whole.

Rules on single cells are judged in every piece, and their counts added up. A key is judged on the rows that may share
one (their hashes are kept, eight bytes a row), a set of values on those of them that are there.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from expectations.model import NUMBER_SUFFIX, Rule, plain_column
from expectations.wording import SAMPLE_SIZE

if TYPE_CHECKING:
    import numpy as np
    import pandas

SHARED_KEYS = 1_000  # so many of them, in the order of the file, are looked at
SHARED_ROWS = 100_000

_COLUMNS = "expect_table_columns_to_match_set"


@dataclass(frozen=True)
class Judged:
    """Great Expectations' outcome of one rule, as JSON.

    `labels`: of the rows that it samples; `texts`: what stands where no cell is a number, None for other rules.
    """

    outcome: dict[str, Any]
    labels: tuple[Any, ...] = ()
    texts: tuple[str, ...] | None = None


Judge = Callable[[Sequence[Rule], "pandas.DataFrame"], dict[str, Judged]]


def judge_pieces(
    rules: Sequence[Rule], pieces: Callable[[], Iterator[pandas.DataFrame]], judge: Judge, row_label: str
) -> dict[str, Judged]:
    """The verdict on each rule, by name. `pieces` gives the rows from the beginning, in at least one piece."""
    frames = pieces()
    held = list(islice(frames, 2))
    if len(held) == 1:
        return judge(rules, held[0])
    there = set(held[0].columns)
    # The same in every piece; Great Expectations hashes every column that it is given.
    columns = [rule for rule in rules if rule.expectation == _COLUMNS]
    needed = {row_label, *chain.from_iterable((*rule.columns, *map(plain_column, rule.columns)) for rule in rules)}
    as_whole = {
        rule.name: _AS_WHOLE[rule.expectation](rule)
        for rule in rules
        if rule.expectation in _AS_WHOLE and there.issuperset(rule.columns)
    }
    by_piece = [rule for rule in rules if rule.name not in as_whole and rule not in columns]
    verdicts: dict[str, Judged] = judge(columns, held[0].iloc[:0])
    for frame in _collected(chain(_emptied(held), frames)):
        for whole in as_whole.values():
            whole.add(frame)
        found = judge(by_piece, frame[[name for name in frame.columns if name in needed]])
        verdicts |= {rule.name: _merged(rule, verdicts.get(rule.name), found[rule.name]) for rule in by_piece}
    return verdicts | {name: whole.verdict(pieces, judge) for name, whole in as_whole.items()}


def _emptied(held: list[pandas.DataFrame]) -> Iterator[pandas.DataFrame]:
    while held:
        yield held.pop(0)


def _collected(frames: Iterator[pandas.DataFrame]) -> Iterator[pandas.DataFrame]:
    """Great Expectations leaves every frame in a ring of references: it goes before the next one comes."""
    gc.freeze()  # what was there before need not be looked through
    try:
        for frame in frames:
            yield frame
            del frame
            gc.collect()
    finally:
        gc.unfreeze()


class _Set:
    """Which of the expected values are there."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._found: dict[Any, None] = {}

    def add(self, frame: pandas.DataFrame) -> None:
        self._found |= dict.fromkeys(frame[self.rule.columns[0]].dropna().unique())

    def verdict(self, _: Callable[[], Iterator[pandas.DataFrame]], judge: Judge) -> Judged:
        import pandas as pd

        frame = pd.DataFrame({self.rule.columns[0]: pd.Series(list(self._found), dtype="str")})
        return judge([self.rule], frame)[self.rule.name]


class _Key:
    """Rows that share a key; rows without any of it are passed over, as Great Expectations does."""

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
        import pandas as pd

        return pd.util.hash_pandas_object(frame[self._columns], index=False).to_numpy()

    def verdict(self, pieces: Callable[[], Iterator[pandas.DataFrame]], judge: Judge) -> Judged:
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
        kept, count = [next(pieces()).iloc[:0]], 0
        for frame in pieces() if len(repeated) else ():
            filled = self._filled(frame)
            hashed = self._hashed(filled)
            if len(wanted) < SHARED_KEYS:
                wanted = pd.unique(np.concatenate([wanted, hashed[np.isin(hashed, repeated)]]))[:SHARED_KEYS]
            kept.append(filled[np.isin(hashed, wanted)])
            count += len(kept[-1])
            if count >= SHARED_ROWS:
                break
        judged = judge([self.rule], pd.concat(kept, ignore_index=True))[self.rule.name]
        detail = judged.outcome["result"]
        if detail["unexpected_count"] and count < shared_rows:
            detail["unexpected_count"] = shared_rows
        detail |= {"element_count": self._rows, "missing_count": self._rows - filled_rows}
        _add_percentages(detail)
        return judged


_AS_WHOLE: dict[str, type[_Key] | type[_Set]] = {
    "expect_column_values_to_be_unique": _Key,
    "expect_compound_columns_to_be_unique": _Key,
    "expect_column_distinct_values_to_contain_set": _Set,
}


def _merged(rule: Rule, before: Judged | None, now: Judged) -> Judged:
    """The verdict on the rows of two pieces."""
    if before is None or _raised(before):
        return before or now
    if _raised(now):
        return now
    old, detail = before.outcome["result"], now.outcome["result"]
    if rule.expectation == "expect_table_row_count_to_be_between":
        detail["observed_value"] += old["observed_value"]
        low, high = rule.kwargs.get("min_value"), rule.kwargs.get("max_value")
        success = (low is None or detail["observed_value"] >= low) and (
            high is None or detail["observed_value"] <= high
        )
    elif "element_count" in detail:
        success = _added_up(rule, old, detail)
    else:
        raise ValueError(f"{rule.expectation} cannot be added up over pieces: give it a class in _AS_WHOLE")
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
