"""Finding a header row by what it says, and the canonical columns in it.

Publishers move header rows, reorder columns, add notes and line breaks. A header is recognised when every
required column of the catalogue table is found in one row; positions and cosmetics do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from sources.catalogue import Column, Table

NEAREST_ROW = "; nearest row is "  # what follows in an error is text of the file
SEARCH_ROWS = 60  # title, notes and blank rows that may stand above a header


class HeaderNotFound(Exception):
    """No row of the sheet or file is the header that the catalogue describes.

    `keys` lead to what the catalogue's table says of it.
    """

    def __init__(self, where: str, expected: str, found: str, keys: tuple[str | int, ...] = ()) -> None:
        super().__init__(f"{where}: expected {expected}; found {found}")
        self.where, self.expected, self.found, self.keys = where, expected, found, keys


@dataclass(frozen=True)
class Header:
    """Where the canonical columns are: 0-based indexes; `melted` pairs an index with its period label."""

    row: int  # 0-based row of the header
    columns: dict[str, int | None]  # None: optional and absent
    melted: tuple[tuple[int, str], ...]
    texts: tuple[str, ...]  # the row as published


def normalise(text: str) -> str:
    """Header text without notes in square brackets, line breaks, repeated blanks and case."""
    without_notes = re.sub(r"\[.*?\]", " ", text.replace("\ufeff", ""))
    return re.sub(r"[\s\u00a0,]+", " ", without_notes).strip(" ,").casefold()


def locate(table: Table, rows: Iterable[Sequence[str]], where: str) -> Header:
    """The first row in which every required column is found. Raises HeaderNotFound with the nearest miss."""
    best: tuple[int, Sequence[str], list[str]] | None = None
    for index, row in enumerate(rows):
        if index >= SEARCH_ROWS:
            break
        header, missing = _match(table, index, row)
        if header is not None:
            return header
        hits = len(table.columns) - len(missing)
        if any(row) and (best is None or hits > best[0]):
            best = (hits, row, missing)
    expected = f"a header with {', '.join(_describe(name, column) for name, column in table.columns.items())}"
    if best is None:
        raise HeaderNotFound(where, expected, "no row with text in it", ("columns",))
    _, row, missing = best
    keys = ("columns", missing[0]) if missing[0] in table.columns else ("melt", "pattern")
    raise HeaderNotFound(where, expected, f"{', '.join(missing)} missing{NEAREST_ROW}{_shown(row)}", keys)


def _match(table: Table, index: int, row: Sequence[str]) -> tuple[Header | None, list[str]]:
    texts = [normalise(cell) for cell in row]
    columns: dict[str, int | None] = {}
    missing: list[str] = []
    for name, column in table.columns.items():
        at = _find(column, texts)
        columns[name] = at
        if at is None and not column.optional:
            missing.append(name)
    melted: tuple[tuple[int, str], ...] = ()
    if table.melt is not None:
        taken = {at for at in columns.values() if at is not None}
        melted = tuple(
            (at, row[at].strip())
            for at, text in enumerate(texts)
            if at not in taken and re.search(table.melt.pattern, text)
        )
        if not melted:
            missing.append(f"columns matching {table.melt.pattern!r}")
    if missing:
        return None, missing
    return Header(index, columns, melted, tuple(row)), []


def _find(column: Column, texts: Sequence[str]) -> int | None:
    if column.position is not None:
        at = column.position - 1
        return at if at < len(texts) else None
    if column.pattern is not None:
        found = (at for at, text in enumerate(texts) if re.search(column.pattern, text))
    else:
        wanted = {normalise(name) for name in column.names}
        found = (at for at, text in enumerate(texts) if text in wanted)
    return next(islice(found, column.occurrence - 1, None), None)


def _describe(name: str, column: Column) -> str:
    how = column.pattern or (f"column {column.position}" if column.position else " / ".join(column.names))
    how += f", number {column.occurrence} of them" if column.occurrence > 1 else ""
    return f"{name} ({how})"


def _shown(row: Sequence[str]) -> str:
    text = " | ".join(cell.strip() for cell in row[:12])
    return repr(text if len(text) <= 200 else text[:200] + "…")  # noqa: PLR2004
