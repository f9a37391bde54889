"""Parquet to an Arrow table of text. Only the columns that the catalogue names are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sources import limits
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
            names, count = file.schema_arrow.names, file.metadata.num_rows
            is_text = [pa.types.is_string(field.type) for field in file.schema_arrow]
            header = locate(table, [names], where)
            wanted = sorted({index for index in header.columns.values() if index is not None})
            wanted += [index for index, _ in header.melted]
            limits.check_size(Unreadable, rows=count, columns=len(wanted))
        # A text that repeats is stored once: unfolded only when it is known how much that makes.
        dictionaries = [names[index] for index in wanted if is_text[index]]
        with parquet.ParquetFile(path, read_dictionary=dictionaries) as file:
            texts = {str(index): _text(file.read(columns=[names[index]]).column(0)) for index in wanted}
        rows = pa.table(texts | {"_row_number": pa.array(range(1, count + 1), pa.int64())})
    except (pa.ArrowException, OSError, MemoryError, ValueError, OverflowError, KeyError) as error:
        raise Unreadable(str(error)) from error
    return keep_rows(table, select_columns(table, rows, header))


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    unfolded = sum(_unfolded_bytes(chunk) for chunk in column.chunks if pa.types.is_dictionary(chunk.type))
    if unfolded > limits.TEXT_BYTES:
        raise Unreadable(f"{unfolded:,} bytes of text in a column, more than {limits.TEXT_BYTES:,}")
    texts = pc.fill_null(pc.cast(column, pa.string()), "")
    texts.validate(full=True)  # the file is believed when it says that bytes are UTF-8
    return texts


def _unfolded_bytes(chunk: pa.DictionaryArray) -> int:
    import pyarrow.compute as pc

    return pc.sum(pc.take(pc.binary_length(chunk.dictionary), chunk.indices)).as_py() or 0
