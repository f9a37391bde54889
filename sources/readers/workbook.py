"""Workbooks (xlsx, ods) to Arrow tables of text, by python-calamine.

Numbers are written as Python writes them (`repr`), whole numbers without `.0`; dates in ISO form. A sheet is
chosen by its name, or by the title in its first rows. Phantom rows (an edited file may declare a million)
are passed over lazily.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sources.catalogue import Table
from sources.readers.header import SEARCH_ROWS, HeaderNotFound, locate
from sources.readers.shape import add_captured, keep_rows, select_columns

if TYPE_CHECKING:
    import pyarrow as pa

TITLE_ROWS = 6
BLANK_ROWS_END = 200  # so many blank rows in a row end a sheet
MAX_COLUMNS = 512  # wider ranges are artefacts of formatting


class Unreadable(Exception):
    """The bytes are not a workbook."""


def read(table: Table, path: Path, where: str) -> Iterator[tuple[str, pa.Table]]:
    """(sheet name, rows) of every sheet that the catalogue table describes. HeaderNotFound when there is none."""
    from python_calamine import CalamineWorkbook

    with _parsing(""):
        workbook = CalamineWorkbook.from_path(str(path))
    names = [name for name in workbook.sheet_names if table.sheet is None or re.search(table.sheet, name.strip())]
    found = False
    for name in names:
        grid = _sheet(workbook, name)
        if table.sheet_title is not None and not _title_matches(table.sheet_title, grid):
            continue
        found = True
        yield name.strip(), _read_grid(table, grid, f"{where}, sheet {name!r}")
    if not found:
        how = table.sheet_title if names and table.sheet_title else table.sheet or table.sheet_title
        key = "sheet_title" if names and table.sheet_title else "sheet"
        raise HeaderNotFound(where, f"a sheet matching {how!r}", f"sheets {', '.join(workbook.sheet_names)}", (key,))


def _sheet(workbook: Any, name: str) -> list[list[str]]:
    """Text of one sheet. A sheet is parsed only now: a workbook that opens may still hold a broken one."""
    with _parsing(f"sheet {name!r} that cannot be read: "):
        return _grid(workbook.get_sheet_by_name(name).iter_rows())


@contextmanager
def _parsing(what: str) -> Iterator[None]:
    """Whatever the parser ends in, on bytes that are no good workbook, is Unreadable."""
    from python_calamine import CalamineError

    try:
        yield
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        raise Unreadable(f"{what}{type(error).__name__}: {error}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how a defect of Rust code shows; no Exception
            raise
        raise Unreadable(f"{what}the parser gave up: {error}") from error


def _grid(rows: Iterable[Sequence[object]]) -> list[list[str]]:
    """Rows as text up to the last one with anything in it."""
    grid: list[list[str]] = []
    blank = 0
    for row in rows:
        texts = [_text(cell) for cell in islice(row, MAX_COLUMNS)]
        blank = 0 if any(texts) else blank + 1
        if blank > BLANK_ROWS_END:
            break
        grid.append(texts)
    return grid[: len(grid) - blank] if blank else grid


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ")
    return "" if cell is None else str(cell)


def _title_matches(pattern: str, grid: list[list[str]]) -> bool:
    return any(re.search(pattern, cell) for row in grid[:TITLE_ROWS] for cell in row[:3])


def _read_grid(table: Table, grid: list[list[str]], where: str) -> pa.Table:
    import pyarrow as pa

    header = locate(table, grid[:SEARCH_ROWS], where)
    body = grid[header.row + 1 :]
    width = max((len(row) for row in grid), default=0)
    padded = [row + [""] * (width - len(row)) for row in body]
    columns = list(zip(*padded, strict=True)) if padded else [()] * width
    first = header.row + 2
    rows = pa.table(
        {str(index): pa.array(column, pa.string()) for index, column in enumerate(columns)}
        | {"_row_number": pa.array(range(first, first + len(padded)), pa.int64())}
    )
    rows = keep_rows(table, select_columns(table, rows, header))
    return add_captured(table, rows, grid)
