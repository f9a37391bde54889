"""Parquet to an Arrow table of text. Only the columns that the catalogue names are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sources.catalogue import Table
from sources.readers.header import locate
from sources.readers.shape import keep_rows, select_columns

if TYPE_CHECKING:
    import pyarrow as pa


class Unreadable(Exception):
    """The bytes are not the Parquet file they should be."""


def read(table: Table, path: Path, where: str) -> pa.Table:
    """Canonical text columns and `_row_number` (1-based; the names of the columns are no row). NULL becomes ''.

    Numbers become the shortest text that reads back as the same number: 341.0 is '341'.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            header = locate(table, [names], where)
            wanted = sorted({index for index in header.columns.values() if index is not None})
            wanted += [index for index, _ in header.melted]
            texts = {str(index): _text(file.read(columns=[names[index]]).column(0)) for index in wanted}
            count = file.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise Unreadable(str(error)) from error
    rows = pa.table(texts | {"_row_number": pa.array(range(1, count + 1), pa.int64())})
    return keep_rows(table, select_columns(table, rows, header))


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.fill_null(pc.cast(column, pa.string()), "")
