"""ArcGIS feature replies (`features[].attributes`) to an Arrow table of text."""

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


def read(table: Table, path: Path, where: str) -> pa.Table:
    """Canonical text columns and `_row_number` (1-based feature number) of one page of features."""
    reply = load(path)
    try:
        attributes = [dict(feature["attributes"]) for feature in reply["features"]]
        names = [str(field["name"]) for field in reply.get("fields", [])]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"no features with attributes: {type(error).__name__} {error}") from error
    names = names or list(attributes[0] if attributes else ())
    return table_of(table, names, attributes, where)


def table_of(table: Table, names: list[str], items: list[dict[str, Any]], where: str) -> pa.Table:
    """Flat JSON objects as rows of text, null as '', with `_row_number` (1-based)."""
    import pyarrow as pa

    limits.check_size(Unreadable, rows=len(items), columns=len(names))
    header = locate(table, [names], where)
    rows = pa.table(
        {
            str(index): pa.array(["" if item.get(name) is None else str(item[name]) for item in items], pa.string())
            for index, name in enumerate(names)
        }
        | {"_row_number": pa.array(range(1, len(items) + 1), pa.int64())}
    )
    return keep_rows(table, select_columns(table, rows, header))
