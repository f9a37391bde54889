"""From a publisher's columns to canonical ones: select, melt wide periods to long, keep rows of data, capture."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sources.catalogue import Table
from sources.readers.header import Header

if TYPE_CHECKING:
    import pyarrow as pa


def select_columns(table: Table, rows: pa.Table, header: Header) -> pa.Table:
    """Canonical columns, then label and value where the table is melted, then `_row_number`.

    `rows` has columns named by index ('0', '1', …) and `_row_number`.
    """
    import pyarrow as pa

    def column(index: int | None) -> pa.ChunkedArray:
        if index is None:
            return pa.chunked_array([pa.repeat(pa.scalar("", pa.string()), rows.num_rows)])
        return rows.column(str(index))

    fixed = {name: column(index) for name, index in header.columns.items()}
    numbers = rows.column("_row_number")
    if table.melt is None:
        return pa.table({**fixed, "_row_number": numbers})
    pieces = [
        pa.table(
            {
                **fixed,
                table.melt.label: pa.chunked_array([pa.repeat(pa.scalar(label, pa.string()), rows.num_rows)]),
                table.melt.value: column(index),
                "_row_number": numbers,
            }
        )
        for index, label in header.melted
    ]
    return pa.concat_tables(pieces)


def keep_rows(table: Table, rows: pa.Table) -> pa.Table:
    """Rows of data only: `keep` matches after trimming (notes, units and foot rows go)."""
    import pyarrow.compute as pc

    if table.keep is None:
        return rows
    trimmed = pc.utf8_trim_whitespace(rows.column(table.keep.column))
    return rows.filter(pc.match_substring_regex(trimmed, table.keep.pattern))


def add_captured(table: Table, rows: pa.Table, grid: Sequence[Sequence[str]]) -> pa.Table:
    """One column for each text that the table captures beside a label in `grid`, before `_row_number`."""
    import pyarrow as pa

    for name, label in table.capture.items():
        value = pa.chunked_array([pa.repeat(pa.scalar(_captured(label, grid), pa.string()), rows.num_rows)])
        rows = rows.add_column(rows.num_columns - 1, name, value)
    return rows


def _captured(label: str, grid: Sequence[Sequence[str]]) -> str:
    """Of the first cell that matches `label`: the expression's group, or, without one, the next cell."""
    for row in grid:
        for at, cell in enumerate(row[:2]):
            found = re.search(label, cell.strip())
            if found and found.re.groups:
                return str(found[1] or "").strip()
            if found and at + 1 < len(row):
                return row[at + 1].strip()
    return ""
