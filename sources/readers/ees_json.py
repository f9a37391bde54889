"""Replies of the Explore Education Statistics API to an Arrow table of text.

A reply has opaque ids in place of names: `results[].locations|filters|values` by id. The data set's `/meta` reply,
landed beside the pages, says what they mean. A reply is read as the CSV of the same data would be: columns
`time_period`, `geographic_level`, `new_la_code` …, then one for each filter (its option's label) and each indicator,
under the column names that `/meta` gives.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sources import limits
from sources.catalogue import Table
from sources.readers.document import Unreadable, load
from sources.readers.header import locate
from sources.readers.shape import keep_rows, select_columns

if TYPE_CHECKING:
    import pyarrow as pa

META = "meta.json"

_PLACES = ("country_code", "country_name", "region_code", "region_name", "old_la_code", "new_la_code", "la_name")
_FIXED = ("time_period", "time_identifier", "geographic_level", *_PLACES)
# Which columns an option of a level fills: code, name, and the number that authorities had before.
_LEVELS = {
    "NAT": ("country_code", "country_name", None),
    "REG": ("region_code", "region_name", None),
    "LA": ("new_la_code", "la_name", "old_la_code"),
}


def read(table: Table, path: Path, where: str, meta: Path | None) -> pa.Table:
    """Canonical text columns and `_row_number` (1-based number of the result on its page)."""
    import pyarrow as pa

    if meta is None:
        raise Unreadable(f"no {META} beside it: ids cannot be resolved")
    names = _Names(load(meta))
    try:
        results = [names.row(result) for result in load(path)["results"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"no results as documented: {type(error).__name__} {error}") from error
    columns = names.columns
    limits.check_size(Unreadable, rows=len(results), columns=len(columns))
    header = locate(table, [columns], where)
    rows = pa.table(
        {
            str(index): pa.array([row.get(name, "") for row in results], pa.string())
            for index, name in enumerate(columns)
        }
        | {"_row_number": pa.array(range(1, len(results) + 1), pa.int64())}
    )
    return keep_rows(table, select_columns(table, rows, header))


class _Names:
    """What the ids of one data set version mean."""

    def __init__(self, meta: Any) -> None:
        try:
            self._indicators = {item["id"]: str(item["column"]) for item in meta["indicators"]}
            self._filters = {item["id"]: str(item["column"]) for item in meta["filters"]}
            self._options = {
                (item["id"], option["id"]): option["label"] for item in meta["filters"] for option in item["options"]
            }
            self._levels = {item["code"]: item["label"] for item in meta["geographicLevels"]}
            self._places = {
                (level["level"]["code"], option["id"]): option
                for level in meta["locations"]
                for option in level["options"]
            }
        except (KeyError, TypeError, AttributeError) as error:
            raise Unreadable(f"no meta as documented: {type(error).__name__} {error}") from error

    @property
    def columns(self) -> list[str]:
        return [*_FIXED, *self._filters.values(), *self._indicators.values()]

    def row(self, result: dict[str, Any]) -> dict[str, str]:
        period, level = result["timePeriod"], result["geographicLevel"]
        row = {
            "time_period": str(period["period"]),
            "time_identifier": str(period["code"]),
            "geographic_level": str(self._levels.get(level, level)),
        }
        for code, place in result["locations"].items():
            row |= self._place(code, place)
        for filter_id, option in result["filters"].items():
            row[_known(self._filters, filter_id, "filter")] = _known(self._options, (filter_id, option), "option")
        for indicator, value in result["values"].items():
            row[_known(self._indicators, indicator, "indicator")] = "" if value is None else str(value)
        return row

    def _place(self, level: str, place: str) -> dict[str, str]:
        if level not in _LEVELS:
            return {}
        option = _known(self._places, (level, place), "location")
        code, name, number = _LEVELS[level]
        filled = {code: str(option.get("code") or ""), name: str(option.get("label") or "")}
        return filled | ({number: str(option.get("oldCode") or "")} if number else {})


def _known(names: dict[Any, Any], key: Any, what: str) -> Any:
    if key not in names:
        raise Unreadable(f"{what} {key!r} is not in {META}")
    return names[key]
