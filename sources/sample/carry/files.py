"""Writers whose bytes depend on their content only: CSV, workbook, archive. No clock, no user, no machine."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple
from xml.sax.saxutils import escape

import xlsxwriter  # type: ignore[import-untyped]  # a development dependency, needed to write the sample only

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip member can carry


class Formula(NamedTuple):
    """A cell that a spreadsheet computes, with the value it shows (`=L5/C5*100`, 38.4)."""

    text: str
    value: float


Cell = str | int | float | Formula | None
Rows = Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class SampleFile:
    """One file of the sample with what the index says of it; `file` is relative to the sample folder."""

    dataset: str
    file: str
    basis: Literal["published", "illustrative"]
    published: dt.date
    kind: Literal["whole", "excerpt", "reconstructed"]
    url: str
    citation: str
    note: str
    content: bytes
    part: str = ""


def csv_file(rows: Iterable[Sequence[object]], newline: str = "\n") -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator=newline).writerows(rows)
    return text.getvalue().encode()


def workbook(sheets: Mapping[str, Rows]) -> bytes:
    """Workbook with the given cells; text stays text and numbers stay numbers, whatever they look like."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"created": dt.datetime(*EPOCH)})
    grid = book.add_format({"border": 1})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for row_number, row in enumerate(rows):
            for column, cell in enumerate(row):
                _write(sheet, row_number, column, cell, grid)
    book.close()
    return target.getvalue()


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, cell: Cell, grid: object) -> None:
    if isinstance(cell, Formula):
        sheet.write_formula(row, column, cell.text, None, cell.value)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell)
    elif cell is None:
        sheet.write_blank(row, column, None, grid)  # formatted, empty: publishers leave whole columns of them
    else:
        sheet.write_number(row, column, cell)


ODS_MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
_ODS_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_ODS_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    f'<office:document-content office:version="1.2" xmlns:office="{_ODS_NAMESPACE}office:1.0" '
    f'xmlns:table="{_ODS_NAMESPACE}table:1.0" xmlns:text="{_ODS_NAMESPACE}text:1.0">'
    "<office:body><office:spreadsheet>"
)
_ODS_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    f'<manifest:manifest manifest:version="1.2" xmlns:manifest="{_ODS_NAMESPACE}manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_MIMETYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def open_document(sheets: Mapping[str, Rows]) -> bytes:
    """OpenDocument spreadsheet of text and numbers."""
    tables = (
        f"<table:table table:name={_quoted(name)}>{''.join(map(_ods_row, rows))}</table:table>"
        for name, rows in sheets.items()
    )
    content = f"{_ODS_HEAD}{''.join(tables)}</office:spreadsheet></office:body></office:document-content>"
    return archive(
        {
            "mimetype": ODS_MIMETYPE.encode(),
            "META-INF/manifest.xml": _ODS_MANIFEST.encode(),
            "content.xml": content.encode(),
        }
    )


def _ods_row(row: Sequence[Cell]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, row)) or '<table:table-cell/>'}</table:table-row>"


def _ods_cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{cell!r}"/>'
    return f'<table:table-cell office:value-type="string"><text:p>{escape(str(cell))}</text:p></table:table-cell>'


def _quoted(text: str) -> str:
    return '"' + escape(text, {'"': "&quot;"}) + '"'


def archive(members: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as zipped:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3  # the same on every platform
            zipped.writestr(member, content)
    return target.getvalue()
