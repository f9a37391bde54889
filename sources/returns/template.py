"""Empty forms: what a policy officer fills in, as CSV with comments or as a workbook with a sheet of notes.

No cell of a template begins with a character that a spreadsheet would run as a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from sources.place import place
from sources.returns import ALL, GROUP_TYPES, NUMBER_TYPES, WITHDRAWN, Return, ReturnColumn
from sources.returns.periods import HOW
from sources.returns.submission import SHEET
from sources.spreadsheet import harmless

FILLABLE_ROWS = 500
HEADER_HELP = {
    "submitted_by": "the team or shared mailbox that answers for the figures, for example Transport performance team; "
    "never a person's name",
    "submitted_at": "the day on which you hand this in, for example 2026-04-20; change it whenever you hand in again",
}


def csv_template(form: Return) -> bytes:
    """UTF-8 with byte order mark, as Excel likes it; comment lines begin with #."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for line in notes(form):
        writer.writerow([harmless(f"# {line}".rstrip())])
    writer.writerow(["return", form.id])
    for name in HEADER_HELP:
        writer.writerow([name, ""])
    writer.writerow([column.name for column in form.columns])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def xlsx_template(form: Return) -> bytes:
    """Sheet `Return` to be filled in, with lists to choose from and bounds; sheet `Notes` with the comments."""
    import xlsxwriter  # type: ignore[import-untyped]

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
    sheet, explained = book.add_worksheet(SHEET), book.add_worksheet("Notes")
    sheet.write_row(0, 0, ["return", form.id], bold)
    for row, (name, help_text) in enumerate(HEADER_HELP.items(), start=1):
        sheet.write_string(row, 0, name, bold)
        sheet.write_blank(row, 1, None, text)
        sheet.write_comment(row, 1, harmless(help_text))
    head = 1 + len(HEADER_HELP)
    for at, column in enumerate(form.columns):
        # Text cells: a spreadsheet makes dates of '2026-03' otherwise.
        sheet.set_column(at, at, 26, None if column.type in NUMBER_TYPES else text)
        sheet.write_string(head, at, column.name, bold)
        sheet.write_comment(head, at, harmless(column.help))
        rule = _validation(column)
        if rule:
            sheet.data_validation(head + 1, at, head + FILLABLE_ROWS, at, rule)
    sheet.freeze_panes(head + 1, 0)
    explained.set_column(0, 0, 120)
    for row, line in enumerate(notes(form)):
        explained.write_string(row, 0, harmless(line))
    book.close()
    return target.getvalue()


def notes(form: Return) -> list[str]:
    """What to know to fill the form in, line by line."""
    lines = [
        f"{form.title} (measure {form.measure})",
        form.description,
        "",
        "How to fill it in: one row for each period and area below the column headings. Lines that begin with # are "
        "not read. Keep the headings as they are.",
        *(f"{name}: {text}" for name, text in HEADER_HELP.items()),
        "",
    ]
    for column in form.columns:
        lines.append(f"{column.name}: {column.help} {_allowed(column)}".rstrip())
    lines += [
        "",
        f"In every period there is one row for {_total(form)}: that row answers the measure. It is never added up from "
        "the others, and they may not come to more than it.",
        f"A figure that was wrong and has no successor: write {WITHDRAWN} in its place. A figure that changed: hand "
        "the period in again with a new submitted_at; the earlier figure is kept as what was known before.",
        "Numbers of people, homes and businesses only: no names, addresses, e-mail addresses or telephone numbers.",
        "",
        *(f"Example: {' | '.join(example)}" for example in examples(form)),
    ]
    return lines


def examples(form: Return) -> list[tuple[str, ...]]:
    """Example rows of the form; every one of them is a good row."""
    count = max(len(column.examples) for column in form.columns)
    return [
        tuple(column.examples[number] if number < len(column.examples) else "" for column in form.columns)
        for number in range(count)
    ]


def _allowed(column: ReturnColumn) -> str:
    if column.type in NUMBER_TYPES:
        return f"A whole number of {column.unit}, {column.min:,} to {column.max:,}."
    if column.type == "area":
        return f"Allowed: {', '.join(place().areas)}."
    if column.type == "category":
        return f"Allowed: {', '.join((ALL, *column.allowed))}."
    return f"Write {HOW[column.type]}." if column.type in HOW else ""


def _total(form: Return) -> str:
    group = form.of_type(*GROUP_TYPES)
    parts = ([f"area {place().name}"] if form.of_type("area") else []) + ([f"{group.name} {ALL}"] if group else [])
    return " and ".join(parts) or place().name


def _validation(column: ReturnColumn) -> dict[str, object] | None:
    """What a spreadsheet lets people type. `withdrawn` must remain possible, so numbers only warn."""
    choices: Sequence[str] = (
        tuple(place().areas) if column.type == "area" else (ALL, *column.allowed) if column.allowed else ()
    )
    if choices:
        return {"validate": "list", "source": list(choices), "error_message": "Choose one of the list."}
    if column.type in NUMBER_TYPES:
        return {
            "validate": "integer",
            "criteria": "between",
            "minimum": column.min,
            "maximum": column.max,
            "error_type": "warning",
            "error_message": f"A whole number of {column.unit}.",
        }
    return None
