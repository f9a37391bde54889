"""How far the sheets of a workbook reach, seen in their XML while it streams, before a reader unfolds them.

A sheet is held as a rectangle from its first cell with something in it to its last. Two cells in opposite corners of
a sheet, or one cell that "repeats" a billion times, make a file of a few kilobytes into more than a machine has. XML
that declares a document type, with which entities could be defined or fetched, is no sheet either.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.parsers import expat

from sources import limits

_FIGURES = "0123456789"
_LETTERS = 26
_DIGITS = 18  # a count with more is as far beyond the limit
_NOWHERE = 1 << 62


class TooFarError(Exception):
    """XML that no reader should be given; the message says what was found, as a clause."""


class Extent:
    """Feed it the bytes of one XML member of an xlsx or ods workbook.

    TooFarError as soon as it goes too far, ValueError where the XML is damaged.
    """

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._handlers: dict[str, Callable[[Extent, dict[str, str]], None] | None] = {}  # by name with its prefix
        self._in_cell = False
        self._sheet()

    def feed(self, chunk: bytes, *, last: bool = False) -> None:
        try:
            self._parser.Parse(chunk, last)
        except (expat.ExpatError, LookupError) as error:  # an encoding that nobody knows is looked up in vain
            raise ValueError(f"XML: {error}") from None

    def _sheet(self) -> None:
        """Nothing of a sheet has been seen."""
        self._row = self._column = 0  # the place of the cell that was read last, 1-based
        self._rows_of_row = self._columns_of_cell = 1  # how often an OpenDocument row and cell repeat
        self._reference, self._beyond = "", 0  # of an Excel cell: the last one stated, and how many cells after it
        self._first_row = self._first_column = _NOWHERE
        self._last_row = self._last_column = 0

    def _doctype(self, *_: Any) -> None:
        raise TooFarError("XML with a document type, which can define entities")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        try:
            handler = self._handlers[name]
        except KeyError:
            handler = self._handlers[name] = _HANDLERS.get(name.rpartition(":")[2])
        if handler is not None:
            handler(self, attributes)

    # --- xlsx: <row r="3"><c r="B3"><v>…

    def _xlsx_row(self, attributes: dict[str, str]) -> None:
        stated = attributes.get("r", "")
        self._row = int(stated[:_DIGITS]) if stated.isdecimal() else self._row + 1
        self._reference, self._beyond = "", 0

    def _xlsx_cell(self, attributes: dict[str, str]) -> None:
        self._in_cell = True
        if "r" in attributes:
            self._reference, self._beyond = attributes["r"], 0
        else:  # the next one after the cell that said where it is
            self._beyond += 1

    def _xlsx_value(self, _: dict[str, str]) -> None:
        if self._in_cell:  # cells without a value are formatting, and most cells are
            self._in_cell = False
            letters = self._reference.rstrip(_FIGURES)
            row = self._reference[len(letters) :][:_DIGITS]
            self._reach(int(row or self._row), _column_number(letters) + self._beyond)

    # --- ods: <table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="float" …

    def _ods_table(self, _: dict[str, str]) -> None:
        self._sheet()

    def _ods_row(self, attributes: dict[str, str]) -> None:
        self._row += self._rows_of_row if self._row else 1
        self._rows_of_row = _repeats(attributes, "number-rows-repeated")
        self._column, self._columns_of_cell = 0, 1

    def _ods_cell(self, attributes: dict[str, str]) -> None:
        self._column += self._columns_of_cell if self._column else 1
        self._columns_of_cell = _repeats(attributes, "number-columns-repeated")
        self._in_cell = True
        if any(name.endswith((":value-type", ":formula")) for name in attributes):
            self._ods_text({})

    def _ods_text(self, _: dict[str, str]) -> None:
        if self._in_cell:
            self._in_cell = False
            self._reach(self._row, self._column)
            self._reach(self._row + self._rows_of_row - 1, self._column + self._columns_of_cell - 1)

    def _reach(self, row: int, column: int) -> None:
        if self._first_row <= row <= self._last_row and self._first_column <= column <= self._last_column:
            return
        self._first_row, self._last_row = min(self._first_row, row), max(self._last_row, row)
        self._first_column, self._last_column = min(self._first_column, column), max(self._last_column, column)
        rows, columns = self._last_row - self._first_row + 1, self._last_column - self._first_column + 1
        if rows * columns > limits.SHEET_CELLS:
            raise TooFarError(f"a sheet of {rows:,} rows and {columns:,} columns")


_HANDLERS = {
    "sheetData": Extent._ods_table,
    "row": Extent._xlsx_row,
    "c": Extent._xlsx_cell,
    "v": Extent._xlsx_value,
    "is": Extent._xlsx_value,
    "table": Extent._ods_table,
    "table-row": Extent._ods_row,
    "table-cell": Extent._ods_cell,
    "covered-table-cell": Extent._ods_cell,
    "p": Extent._ods_text,
}


def is_xml(name: str, head: bytes) -> bool:
    """Whether a member of a workbook is to be looked at; drawings of old (.vml) are no well-formed XML."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") and Path(name).suffix.lower() != ".vml"


@lru_cache(maxsize=1024)
def _column_number(letters: str) -> int:
    """1 for A, 28 for AB."""
    number = 0
    for letter in letters[:_DIGITS].upper():
        number = number * _LETTERS + ord(letter) - ord("A") + 1
    return number


def _repeats(attributes: dict[str, str], what: str) -> int:
    stated = next((value for name, value in attributes.items() if name.endswith(f":{what}")), "1")
    return max(int(stated[:_DIGITS]), 1) if stated.isdecimal() else 1
