"""How much of anything is read: limits far above what is published, far below what a machine cannot hold.

The largest real files of the catalogue: workbooks of 3 MB (25 MB of XML, 69,000 cells in a sheet), CSV of 4 MB, JSON
replies of 1 MB, the national timetable of 3.4 GB unpacked, which is streamed. A file above a limit is refused with the
limit and what was found; raise the limit here where a publisher has grown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# Tables, in whatever format. 100 million cells of text are some 2 GB while they are read.
ROWS = 20_000_000
COLUMNS = 5_000
CELLS = 100_000_000
ROWS_IN_PIECES = 250_000_000  # of CSV that is read piece by piece
TEXT_BYTES = 4 << 30  # of the cells of one table

# A sheet is unfolded as a rectangle from its first cell to its last, whatever lies between, and read cell by cell: five
# million cells take about 1 GB while they are read.
SHEET_CELLS = 5_000_000

# A JSON document is read whole and takes about ten times its size; larger ones are read as records (json_sql).
JSON_BYTES = 256 << 20

NAME = 500  # characters of a member's name, folders and all: Windows stops at 260


@dataclass(frozen=True)
class ArchiveLimits:
    """How far an archive may unfold: bytes and members are summed over all nested archives."""

    unpacked_bytes: int = 4 << 30
    workbook_bytes: int = 512 << 20  # a workbook is unpacked in memory
    members: int = 20_000
    # Published workbooks reach about 28:1 in a member; deflate's worst is about 1,030:1.
    ratio: int = 200
    ratio_applies_from_bytes: int = 32 << 20
    depth: int = 3
    gzip_bytes: int = 16 << 30  # a gzip file is streamed, never unpacked to disk: the national timetable is 3.4 GB


def check_size(refuse: Callable[[str], Exception], *, rows: int, columns: int, in_pieces: bool = False) -> None:
    """Raise what `refuse` makes of a clause where a table is longer, wider or larger than is read.

    `in_pieces`: never more than some thousand rows are in memory.
    """
    most = ROWS_IN_PIECES if in_pieces else ROWS
    if columns > COLUMNS:
        raise refuse(f"{columns:,} columns, more than {COLUMNS:,}")
    if rows > most:
        raise refuse(f"{rows:,} rows, more than {most:,}")
    if not in_pieces and rows * columns > CELLS:
        raise refuse(f"{rows:,} rows of {columns:,} columns, more than {CELLS:,} cells")
