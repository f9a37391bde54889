"""Replies of an OData service (`value[]` of flat objects) to an Arrow table of text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sources.catalogue import Table
from sources.readers.document import Unreadable, load
from sources.readers.json_features import table_of

if TYPE_CHECKING:
    import pyarrow as pa


def read(table: Table, path: Path, where: str) -> pa.Table:
    """Canonical text columns and `_row_number` (1-based number of the object on its page)."""
    reply = load(path)
    try:
        values = reply["value"]
    except (KeyError, TypeError) as error:
        raise Unreadable(f"no list of values: {type(error).__name__} {error}") from error
    if not isinstance(values, list) or not all(isinstance(item, dict) for item in values):
        raise Unreadable("no list of values that are objects")
    names = list(dict.fromkeys(name for item in values for name in item))
    return table_of(table, names, values, where)
