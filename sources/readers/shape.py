"""From a publisher's columns to canonical ones: select, melt wide periods to long, keep rows of data."""

from __future__ import annotations

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
    """Rows of data only: `keep` matches after trimming (notes, units and foot rows go); `distinct` rows once."""
    import pyarrow.compute as pc

    if table.keep is not None:
        trimmed = pc.utf8_trim_whitespace(rows.column(table.keep.column))
        rows = rows.filter(pc.match_substring_regex(trimmed, table.keep.pattern))
    return _distinct(rows) if table.distinct else rows


def _distinct(rows: pa.Table) -> pa.Table:
    """The first of rows that are alike in every cell, in the order of the file."""
    cells = [name for name in rows.column_names if name != "_row_number"]
    first = rows.group_by(cells).aggregate([("_row_number", "min")])
    return first.rename_columns([*cells, "_row_number"]).sort_by("_row_number")
