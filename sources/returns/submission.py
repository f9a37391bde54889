"""A file that was handed in: read, checked cell by cell, and turned into the figures that are landed.

What is landed is not the file but what was checked in it, as CSV: a workbook carries its author's name, comments
and hidden sheets, none of which the warehouse may keep. The same figures are the same bytes, however often the file
is saved again.

Landed columns: return_id, submitted_by, submitted_at (ISO date), period (as written), time_period (ISO 8601
interval), area_code (GSS), breakdown ('total', 'town_centre=birkenhead'), indicator_id, unit, value, numerator,
denominator (digits, or 'withdrawn'), note, cell (where the figure stood in the form).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sources.errors import PayloadError
from sources.gate import check_payload
from sources.place import place
from sources.release import sha256_of
from sources.returns import (
    ALL,
    DATASET,
    GROUP_TYPES,
    HEADER_FIELDS,
    NUMBER_TYPES,
    PUBLISHER,
    WITHDRAWN,
    Return,
    ReturnColumn,
    ReturnError,
    area_code,
    load_returns,
)
from sources.returns.periods import HOW, day, last_day, time_period
from sources.returns.personal import looks_like_an_office, personal_trace
from sources.spreadsheet import runs_as_formula

LANDED_COLUMNS = (
    "return_id", "submitted_by", "submitted_at", "period", "time_period", "area_code", "breakdown", "indicator_id",
    "unit", "value", "numerator", "denominator", "note", "cell",
)  # fmt: skip
SUFFIXES = (".csv", ".xlsx")
SHEET = "Return"
MAX_BYTES = 2 << 20
MAX_ROWS = 5_000
MAX_TEXT = 200
MAX_PROBLEMS = 20
SHOWN = 40
NAME = re.compile(r"[^\W\d_][\w .,'’&()/-]{0,59}")


@dataclass(frozen=True)
class Submission:
    """A good return. `rows` are LANDED_COLUMNS by name."""

    form: Return
    submitted_by: str
    submitted_at: dt.date
    sha256: str  # of the file as handed in
    rows: tuple[dict[str, str], ...]

    @property
    def content(self) -> bytes:
        """The bytes that are landed."""
        text = io.StringIO()
        writer = csv.DictWriter(text, LANDED_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue().encode()

    @property
    def periods(self) -> tuple[str, ...]:
        """Periods as written, each once."""
        return tuple(dict.fromkeys(row["period"] for row in self.rows))


@dataclass
class _Row:
    """One row of the form, understood as far as it could be."""

    number: int
    period: str = ""
    time_period: str = ""
    area: str = ""
    group: str = ALL
    note: str = ""
    values: dict[str, int | None] = field(default_factory=dict)  # None: withdrawn; absent: left empty
    good: bool = True

    @property
    def key(self) -> tuple[str, str, str]:
        return self.time_period, self.area, self.group


def read_submission(path: Path, shown: str, today: dt.date) -> Submission:
    """The return in a CSV or XLSX file. Raises ReturnError with a sentence for each problem; `shown` names the file."""
    reading = _Reading(shown, today)
    grid = _grid(path, shown)
    form, head = reading.header(grid)
    rows = reading.rows(form, grid, head)
    reading.whole(form, rows)
    reading.stop_at_problems()
    submitted_by, submitted_at = reading.submitted_by, reading.submitted_at
    landed = tuple(_landed(form, submitted_by, submitted_at, rows, reading.places))
    return Submission(form, submitted_by, submitted_at, sha256_of(path), landed)


# --- bytes to cells --------------------------------------------------------------------------------------


def _grid(path: Path, shown: str) -> list[list[str]]:
    """Cells as text, row by row, as a spreadsheet numbers them."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ReturnError([f"{shown}: a return is a CSV or XLSX file, not {suffix or 'a file without an ending'}"])
    if path.stat().st_size > MAX_BYTES:
        raise ReturnError([f"{shown}: the file is larger than {MAX_BYTES >> 20} MB; a return is a few rows"])
    try:
        check_payload(path, media=suffix[1:], publisher=PUBLISHER, dataset=DATASET, where=shown)  # type: ignore[arg-type]
        grid = _workbook(path) if suffix == ".xlsx" else _csv(path)
    except PayloadError as error:
        advice = "Open it in a spreadsheet and save it again as CSV UTF-8 or XLSX"
        raise ReturnError([f"{shown}: expected {error.expected}, found {error.found}. {advice}"]) from error
    except (csv.Error, OSError, ValueError) as error:
        raise ReturnError([f"{shown}: the file cannot be read ({error})"]) from error
    if len(grid) > MAX_ROWS:
        raise ReturnError([f"{shown}: {len(grid):,} rows; a return has at most {MAX_ROWS:,}"])
    return grid


def _csv(path: Path) -> list[list[str]]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")  # what older Excel saves
    marked = re.search(r'^"?return"?([,;\t])', text, re.MULTILINE | re.IGNORECASE)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=marked[1] if marked else ",")
    return [[cell.strip() for cell in row] for row in rows]


def _workbook(path: Path) -> list[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(path) as book:
            names = {name.strip().casefold(): name for name in reversed(book.sheet_names)}
            sheet = book.get_sheet_by_name(names.get(SHEET.casefold(), book.sheet_names[0]))
            return [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    except CalamineError as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return str(cell).strip()


# --- cells to rows ---------------------------------------------------------------------------------------


class _Reading:
    """One file on its way through the checks; problems are collected, not thrown, so that all are said at once."""

    def __init__(self, shown: str, today: dt.date) -> None:
        self.shown, self.today = shown, today
        self.problems: list[str] = []
        self.places: dict[tuple[int, str], str] = {}  # (row, column) -> cell
        self.submitted_by = ""
        self.submitted_at = today

    def problem(self, text: str, cell: str = "") -> None:
        self.problems.append(f"{self.shown}{', cell ' + cell if cell else ''}: {text}")

    def stop_at_problems(self) -> None:
        if not self.problems:
            return
        more = len(self.problems) - MAX_PROBLEMS
        rest = [f"{self.shown}: and {more} more problems of this kind"] if more > 0 else []
        raise ReturnError(self.problems[:MAX_PROBLEMS] + rest)

    # header block ------------------------------------------------------------------------------------

    def header(self, grid: Sequence[Sequence[str]]) -> tuple[Return, int]:
        """The return that the file says it is, and the row (0-based) of its column headings."""
        found: dict[str, tuple[str, str]] = {}
        for number, row in enumerate(grid):
            name = _slug(row[0]) if row else ""
            if name in HEADER_FIELDS:
                found[name] = (row[1] if len(row) > 1 else "", _cell(number, 1))
            elif name and not row[0].startswith("#"):
                break
        form = self._form(found)
        self._submitted(found)
        wanted = [column.name for column in form.columns]
        for number, row in enumerate(grid):
            if row and _slug(row[0]) in wanted:
                self._headings(form, row, number)
                return form, number
        self.problem(f"no row with the column headings {', '.join(wanted)}; take them from the template")
        self.stop_at_problems()
        raise AssertionError("stop_at_problems raises")

    def _form(self, found: dict[str, tuple[str, str]]) -> Return:
        forms = load_returns()
        text, cell = found.get("return", ("", ""))
        form = forms.get(_slug(text))
        if form is None:
            said = f"{_quoted(text)} is not a return" if text else "the row that names the return is missing"
            self.problem(f"{said}; allowed: {', '.join(forms)}", cell)
            self.stop_at_problems()
            raise AssertionError("stop_at_problems raises")
        return form

    def _submitted(self, found: dict[str, tuple[str, str]]) -> None:
        by, by_cell = found.get("submitted_by", ("", ""))
        if not looks_like_an_office(by):
            # Not quoted: what stands there may be a person's name, and messages are kept.
            said = "submitted_by is empty" if not by else "this does not read as a team or shared mailbox"
            self.problem(
                f"{said}; write who answers for the figures as a role, for example Transport performance team or "
                "data.team@authority.example, never a person's name",
                by_cell,
            )
        self.submitted_by = by
        at, at_cell = found.get("submitted_at", ("", ""))
        submitted_at = day(at)
        if submitted_at is None:
            said = f"{_quoted(at)} is not a day" if at else "submitted_at is empty"
            self.problem(f"{said}; write the day of submission, {HOW['day']}", at_cell)
        elif submitted_at > self.today:
            self.problem(f"submitted_at {submitted_at} lies in the future", at_cell)
        else:
            self.submitted_at = submitted_at

    def _headings(self, form: Return, row: Sequence[str], number: int) -> None:
        names, before = [_slug(text) for text in row], len(self.problems)
        for column in form.columns:
            if column.name not in names and column.type != "note":
                self.problem(f"the column {column.name} is missing; the headings are {_names(form)}")
        for at, name in enumerate(names):
            if name and name not in _known(form):
                said = f"{_quoted(row[at])} is not a column of this return"
                self.problem(f"{said}; allowed: {_names(form)}", _cell(number, at))
            elif name and names.index(name) != at:
                self.problem(f"the column {name} is there twice", _cell(number, at))
        if len(self.problems) > before:  # what stands under wrong headings would only be wrong twice
            self.stop_at_problems()

    # rows --------------------------------------------------------------------------------------------

    def rows(self, form: Return, grid: Sequence[Sequence[str]], head: int) -> list[_Row]:
        at = {_slug(text): index for index, text in enumerate(grid[head]) if text}
        rows = []
        for number in range(head + 1, len(grid)):
            cells = grid[number]
            if not any(cells) or cells[0].startswith("#"):
                continue
            row = _Row(number + 1, area=place().code)
            for column in form.columns:
                index = at.get(column.name)
                if index is None:
                    continue
                cell = _cell(number, index)
                self.places[row.number, column.name] = cell
                before = len(self.problems)
                self._take(column, cells[index] if index < len(cells) else "", cell, row)
                row.good = row.good and len(self.problems) == before
            rows.append(row)
        if not rows:
            self.problem("there are no rows of figures below the headings")
        return rows

    def _take(self, column: ReturnColumn, text: str, cell: str, row: _Row) -> None:
        if not text:
            if column.required:
                hint = f"; write {ALL} for the total" if column.type in GROUP_TYPES else ""
                self.problem(f"{column.name} is empty{hint}", cell)
        elif column.type in NUMBER_TYPES:
            self._number(column, text, cell, row)
        elif column.type == "area":
            self._area(text, cell, row)
        elif column.type in GROUP_TYPES:
            self._group(column, text, cell, row)
        elif column.type == "note":
            row.note = self._safe(column.name, text, cell)
        else:
            self._period(column, text, cell, row)

    def _number(self, column: ReturnColumn, text: str, cell: str, row: _Row) -> None:
        if text.casefold() == WITHDRAWN:
            row.values[column.name] = None
            return
        found = re.fullmatch(r"([+-]?)(\d{1,3}(?:[,\u00a0 ]\d{3})+|\d+)(\.0+)?", text)
        if found is None:
            self.problem(f"{_quoted(text)} is not a whole number of {column.unit}{_why_no_number(text)}", cell)
            return
        number = int(found[1] + re.sub(r"\D", "", found[2]))
        if column.max is not None and not column.min <= number <= column.max:
            self.problem(f"{number:,} {column.unit} is outside what is allowed: {column.min:,} to {column.max:,}", cell)
            return
        row.values[column.name] = number

    def _area(self, text: str, cell: str, row: _Row) -> None:
        code = area_code(text)
        if code is None:
            self.problem(f"{_quoted(text)} is not an area of this return; allowed: {', '.join(place().areas)}", cell)
        else:
            row.area = code

    def _group(self, column: ReturnColumn, text: str, cell: str, row: _Row) -> None:
        if re.fullmatch(r"(all|total)( .*)?", text.casefold()):
            return
        if column.type == "category":
            allowed = {_slug(value): value for value in column.allowed}
            if _slug(text) not in allowed:
                choice = ", ".join((ALL, *column.allowed))
                self.problem(f"{_quoted(text)} is not a {_noun(column.name)} of this return; allowed: {choice}", cell)
                return
        elif not NAME.fullmatch(self._safe(column.name, text, cell) or "x"):
            self.problem(f"{_quoted(text)} is not the name of a {_noun(column.name)} (letters first, at most 60)", cell)
            return
        elif row.area == place().code:
            self.problem(
                f"a single {_noun(column.name)} belongs to a local authority: name it in the column area "
                f"({', '.join(place().authorities)}), or write {ALL} here for the total",
                cell,
            )
            return
        row.group = f"{column.name}={_slug(text)}"

    def _period(self, column: ReturnColumn, text: str, cell: str, row: _Row) -> None:
        period = time_period(column.type, text)  # type: ignore[arg-type]
        if period is None:
            self.problem(f"{_quoted(text)} is not {HOW[column.type]}", cell)
        elif last_day(period) > self.submitted_at:
            self.problem(f"{text} was not over when the return was submitted ({self.submitted_at})", cell)
        else:
            row.period, row.time_period = text, period

    def _safe(self, name: str, text: str, cell: str) -> str:
        """Text without formulas and traces of persons; '' where there was a problem. Never quotes a person."""
        trace = personal_trace(text)
        if runs_as_formula(text):  # figures travel on as CSV
            self.problem(f"{name} begins with {text[0]!r}: a spreadsheet would run it as a formula", cell)
        elif trace:
            self.problem(f"{name} holds {trace}; nothing about a person may be handed in", cell)
        elif len(text) > MAX_TEXT:
            self.problem(f"{name} has {len(text)} characters; at most {MAX_TEXT} are allowed", cell)
        else:
            return " ".join(text.split())
        return ""

    # the form as a whole -----------------------------------------------------------------------------

    def whole(self, form: Return, rows: Sequence[_Row]) -> None:
        """What no single cell shows: rows twice, shares above one, parts above their total, no total at all."""
        first: dict[tuple[str, str, str], _Row] = {}
        for row in rows:
            if not row.good or not row.time_period:
                continue
            if row.key in first:
                of_row = [c.name for c in form.columns if c.type not in (*NUMBER_TYPES, "note")]
                self.problem(f"row {row.number} repeats row {first[row.key].number}: the same {', '.join(of_row)}")
                continue
            first[row.key] = row
            self._shares(form, row)
        if all(row.good for row in rows):
            for period in dict.fromkeys(row.time_period for row in rows):
                self._totals(form, [row for row in first.values() if row.time_period == period])

    @staticmethod
    def _group_name(form: Return) -> str:
        group = form.of_type(*GROUP_TYPES)
        return group.name if group else ""

    def _shares(self, form: Return, row: _Row) -> None:
        for figure in form.figures:
            upper, lower = row.values.get(figure.numerator or ""), row.values.get(figure.denominator or "")
            if upper is not None and lower is not None and upper > lower:
                cell = self.places[row.number, str(figure.numerator)]
                self.problem(f"{upper:,} {figure.numerator} are more than the {lower:,} {figure.denominator}", cell)

    def _totals(self, form: Return, rows: Sequence[_Row]) -> None:
        """Each period has the home area's total, and no parts that come to more than their total."""
        totals = {row.area: row for row in rows if row.group == ALL}
        home = totals.get(place().code)
        if home is None:
            columns = [f"area {place().name}"] if form.of_type("area") else []
            columns += [f"{self._group_name(form)} {ALL}"] if form.of_type(*GROUP_TYPES) else []
            self.problem(
                f"there is no row for {' and '.join(columns) or place().name} in {rows[0].period}; "
                "that row answers the measure and is never added up from the others"
            )
            return
        by_name = form.of_type("name") is not None
        for name in dict.fromkeys(form.figure_columns):
            self._parts(name, home, [row for area, row in totals.items() if row is not home], "local authorities")
            for area, total in totals.items():
                groups = [r for r in rows if r.group != ALL and (r.area == area or (by_name and total is home))]
                self._parts(name, total, groups, f"rows by {_noun(self._group_name(form))}")

    def _parts(self, name: str, total: _Row, parts: Sequence[_Row], what: str) -> None:
        whole = total.values.get(name)
        together = sum(row.values.get(name) or 0 for row in parts)
        if whole is not None and together > whole:
            cell = self.places[total.number, name]
            self.problem(f"the total of {name}, {whole:,}, is less than its {what} come to, {together:,}", cell)


def _landed(
    form: Return, submitted_by: str, submitted_at: dt.date, rows: Sequence[_Row], places: dict[tuple[int, str], str]
) -> Iterator[dict[str, str]]:
    for row in rows:
        for figure in form.figures:
            if any(name not in row.values for name in figure.columns):
                continue  # a column that may be left empty, and was
            yield {
                "return_id": form.id,
                "submitted_by": submitted_by,
                "submitted_at": submitted_at.isoformat(),
                "period": row.period,
                "time_period": row.time_period,
                "area_code": row.area,
                "breakdown": "total" if row.group == ALL else row.group,
                "indicator_id": figure.indicator,
                "unit": figure.unit,
                "value": _digits(row, figure.value),
                "numerator": _digits(row, figure.numerator),
                "denominator": _digits(row, figure.denominator),
                "note": row.note,
                "cell": places[row.number, figure.columns[0]],
            }


def _digits(row: _Row, name: str | None) -> str:
    if name is None:
        return ""
    value = row.values[name]
    return WITHDRAWN if value is None else str(value)


def _why_no_number(text: str) -> str:
    if text.startswith("="):
        return ": it is a formula; paste its value"
    if re.fullmatch(r"\d(\.\d+)?[eE]\+?\d+", text):
        return ": the spreadsheet has shortened it; format the column as a number and save again"
    if re.fullmatch(r"-?\d+\.\d+", text):
        return ": it has decimal places"
    return f"; write digits only, such as 1200, or {WITHDRAWN}"


def _known(form: Return) -> set[str]:
    return {column.name for column in form.columns}


def _names(form: Return) -> str:
    return ", ".join(column.name for column in form.columns)


def _noun(name: str) -> str:
    return name.replace("_", " ")


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")


def _quoted(text: str) -> str:
    """The text as messages show it. Messages are kept, so traces of persons are not repeated in them."""
    if personal_trace(text):
        return "what stands there"
    return f"'{text if len(text) <= SHOWN else text[:SHOWN] + '…'}'"


def _cell(row: int, column: int) -> str:
    """A1 name of a cell from 0-based row and column."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"
