"""CSV to Arrow tables of text. The dialect is fixed (comma, double quote): known formats are not sniffed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from sources import limits
from sources.catalogue import Table
from sources.readers.header import SEARCH_ROWS, Header, locate
from sources.readers.shape import add_captured, keep_rows, select_columns

if TYPE_CHECKING:
    import pyarrow as pa

HEAD_BYTES = 1 << 18
CHUNK = 1 << 20
BLOCK_BYTES = 1 << 20  # of the file, read at once: no row is longer


class Unreadable(Exception):
    """The bytes are not the CSV they should be."""


def read(table: Table, path: Path, where: str) -> Iterator[pa.Table]:
    """Canonical text columns and `_row_number` (as a spreadsheet would number the row), piece by piece.

    One piece where a table needs all of its rows at once.
    """
    import pyarrow as pa

    header, above, width, lines = _header(table, path, where)
    is_whole = table.melt is not None or table.distinct or table.aggregate is not None
    limits.check_size(Unreadable, rows=_count_lines(path) if is_whole else 0, columns=width, in_pieces=not is_whole)
    body: Iterator[pa.Table] = _body(path, table.encoding, header, width, lines)
    if is_whole:
        body = iter([pa.concat_tables(body)])
    read = 0
    for rows in body:
        read += rows.num_rows
        limits.check_size(Unreadable, rows=read, columns=width, in_pieces=not is_whole)
        yield add_captured(table, keep_rows(table, select_columns(table, rows, header)), above)


def _header(table: Table, path: Path, where: str) -> tuple[Header, list[list[str]], int, int]:
    """The header, the rows above it, its width in cells, the physical lines to its end (a cell may break lines)."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    try:
        text = io.TextIOWrapper(io.BytesIO(head), encoding=_with_bom(table.encoding), newline="", errors="strict").read(
            HEAD_BYTES // 4
        )
    except UnicodeDecodeError as error:
        raise Unreadable(f"bytes that are not {table.encoding}: {error}") from error
    try:
        reader = csv.reader(io.StringIO(text, newline=""))
        rows = [(row, reader.line_num) for row in islice(reader, SEARCH_ROWS)]
    except csv.Error as error:
        raise Unreadable(f"no comma-separated text: {error}") from error
    header = locate(table, [row for row, _ in rows], where)
    row, lines = rows[header.row]
    return header, [row for row, _ in rows[: header.row]], len(row), lines


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(max(chunk.count(b"\n"), chunk.count(b"\r")) for chunk in iter(lambda: file.read(CHUNK), b""))


def _with_bom(encoding: str) -> str:
    return "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding


def _body(path: Path, encoding: str, header: Header, width: int, lines: int) -> Iterator[pa.Table]:
    """All rows below the header, at least one piece; columns are named by their index, `_row_number` is appended."""
    import pyarrow as pa
    from pyarrow import csv as pacsv

    names = [str(index) for index in range(width)]
    number = header.row + 2
    try:
        with pacsv.open_csv(
            path,
            read_options=pacsv.ReadOptions(
                skip_rows=lines, column_names=names, encoding=encoding, block_size=BLOCK_BYTES
            ),
            parse_options=pacsv.ParseOptions(newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        ) as batches:
            for batch in batches:
                rows = pa.Table.from_batches([batch])
                yield rows.append_column("_row_number", pa.arange(number, number + batch.num_rows))
                number += batch.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if "Empty CSV file" not in str(error):
            raise Unreadable(str(error)) from error
    if number == header.row + 2:
        none = {name: pa.array([], pa.string()) for name in names}
        yield pa.table(none | {"_row_number": pa.array([], pa.int64())})
