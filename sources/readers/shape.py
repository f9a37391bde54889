"""From a publisher's columns to canonical ones: select, melt wide periods to long, keep rows of data, capture."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sources.catalogue import GroupBy, Table
from sources.readers.header import Header

if TYPE_CHECKING:
    import pyarrow as pa


PUBLISHED_HEADER = b"published_header"


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
    published = _published(header)
    if table.melt is None:
        return pa.table({**fixed, "_row_number": numbers}, metadata=published)
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
    return pa.concat_tables(pieces).replace_schema_metadata(published)


def _published(header: Header) -> dict[bytes, bytes]:
    """The header as published, melted columns left out: it travels in the metadata of the table's schema."""
    melted = {at for at, _ in header.melted}
    texts = {str(at): text for at, text in enumerate(header.texts) if at not in melted}
    found = {name: texts.get(str(at), "") for name, at in header.columns.items() if at is not None}
    return {PUBLISHED_HEADER: json.dumps([list(texts.values()), found], ensure_ascii=False).encode()}


def published_header(pieces: Iterable[pa.Table]) -> dict[bytes, bytes]:
    """Metadata that says of all these tables together how they were headed."""
    columns: dict[str, None] = {}
    found: dict[str, str] = {}
    for piece in pieces:
        texts, named = header_of(piece)
        columns |= dict.fromkeys(texts)
        found = named | found
    return {PUBLISHED_HEADER: json.dumps([list(columns), found], ensure_ascii=False).encode()} if columns else {}


def header_of(rows: pa.Table) -> tuple[list[str], dict[str, str]]:
    """Column headers as published, in order, and the one behind each canonical column; empty where it is not known."""
    stored = (rows.schema.metadata or {}).get(PUBLISHED_HEADER)
    if stored is None:
        return [], {}
    columns, found = json.loads(stored)
    return columns, found


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
    named = first.rename_columns([*cells, "_row_number"]).sort_by("_row_number")
    return named.replace_schema_metadata(rows.schema.metadata)


def aggregate_rows(table: Table, rows: pa.Table) -> pa.Table:
    """Groups and their count, as text, where the table declares an aggregate; `_row_number` then numbers the groups."""
    import pyarrow as pa
    import pyarrow.compute as pc

    how = table.aggregate
    if how is None:
        return rows
    groups = {name: _grouped_by(group, rows) for name, group in how.by.items()}
    counted = pc.utf8_trim_whitespace(rows.column(how.count_distinct))
    counts = (
        pa.table({**groups, "counted": counted})
        .group_by(list(groups))
        .aggregate([("counted", "count_distinct")])
        .sort_by([(name, "ascending") for name in groups])
    )
    return pa.table(
        {
            **{name: counts.column(name) for name in groups},
            how.into: counts.column("counted_count_distinct").cast(pa.string()),
            "_row_number": pa.array(range(1, counts.num_rows + 1), pa.int64()),
        },
        metadata=rows.schema.metadata,
    )


def _grouped_by(group: GroupBy, rows: pa.Table) -> pa.ChunkedArray:
    import pyarrow as pa

    cells = [str(cell).strip() for cell in rows.column(group.column).to_pylist()]
    if group.pattern is not None:
        found = (re.search(group.pattern, cell) for cell in cells)
        cells = [match[1] if match else group.otherwise for match in found]
    return pa.chunked_array([pa.array(cells, pa.string())])


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
