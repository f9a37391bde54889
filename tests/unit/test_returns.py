"""The authority's own returns: forms that are well described, templates that are safe, messages that name the cell."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from orchestration.cli import main
from sources.catalogue import CatalogueError
from sources.place import place
from sources.returns import NUMBER_TYPES, RETURNS_DIR, Return, ReturnError, load_return, load_returns
from sources.returns.periods import last_day, time_period
from sources.returns.personal import looks_like_an_office, personal_trace
from sources.returns.submission import LANDED_COLUMNS, Submission, read_submission
from sources.returns.template import csv_template, examples, xlsx_template
from sources.spreadsheet import harmless, runs_as_formula
from tests.unit.test_framework_seeds import rows_of

TODAY = dt.date(2026, 8, 1)
FORMS = load_returns()
FOOTFALL = """\
return,footfall
submitted_by,Performance team
submitted_at,2026-07-20
month,area,town_centre,visits,note
2026-03,Liverpool City Region,All,4100000,
2026-03,Wirral,Birkenhead,610000,
"""


def filled(form: Return) -> list[list[str]]:
    """The form with its own examples filled in."""
    head = [["return", form.id], ["submitted_by", "Performance team"], ["submitted_at", "2026-07-20"]]
    return [*head, [column.name for column in form.columns], *map(list, examples(form))]


def as_csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def handed_in(folder: Path, content: str | bytes, name: str = "footfall.csv") -> Submission:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_submission(path, f"returns/{name}", TODAY)


def problems(folder: Path, content: str | bytes, name: str = "footfall.csv") -> tuple[str, ...]:
    with pytest.raises(ReturnError) as caught:
        handed_in(folder, content, name)
    return caught.value.problems


# --- the forms --------------------------------------------------------------------------------------------


def test_returns_are_those_that_the_measures_name() -> None:
    measures = {row["measure_id"]: row for row in rows_of("framework/measures")}
    hints = {row["dataset_hint"] for row in measures.values() if row["measure_class"] == "local_return"}
    own = {f"return_{form.id}" for form in FORMS.values() if measures[form.measure]["measure_class"] == "local_return"}
    assert own == hints
    assert {form.measure for form in FORMS.values()} == {"3c", "4a", "17c", "23b", "24a", "1b", "3b", "16f", "26"}


def test_indicators_of_returns_are_seeded_with_their_unit_and_speak_to_their_measure() -> None:
    units = {row["indicator_id"]: row["unit_measure"] for row in rows_of("framework/indicators")}
    served = {
        row["indicator_id"] for row in rows_of("framework/indicator_sources") if row["dataset"] == "lcrca_returns"
    }
    bridge = {(row["measure_id"], row["indicator_id"]) for row in rows_of("framework/measure_indicators")}
    for form in FORMS.values():
        for figure in form.figures:
            assert units[figure.indicator] == figure.unit
            assert (form.measure, figure.indicator) in bridge
    assert served == {indicator for form in FORMS.values() for indicator in form.indicators}


def test_areas_are_those_of_the_seed() -> None:
    names = {row["area_code"]: row["area_name"] for row in rows_of("geography/areas")}
    areas = place().areas
    assert {code: name for name, code in areas.items()} == {code: names[code] for code in areas.values()}


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("measure: 3c", "measures: 3c", 3, "measures"),
        ("type: whole_number, unit: visits", "type: number, unit: visits", 12, "whole_number"),
        ("value: visits", "value: visit", 1, "no column 'visit'"),
        ("unit: count", "unit: percent", 15, "no percentages are handed in"),
        ("name: note, type: note", "name: return, type: note", 1, "column names must be unique"),
    ],
)
def test_a_mistake_in_a_yaml_names_file_and_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    text = (RETURNS_DIR / "footfall.yml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "footfall.yml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_return(path)
    assert f"footfall.yml:{line}:" in str(caught.value)
    assert says in str(caught.value)


# --- templates --------------------------------------------------------------------------------------------


def hostile(form: Return) -> Return:
    """The form with formulas wherever its YAML has free text."""
    columns = tuple(column.model_copy(update={"help": f"+{column.help}"}) for column in form.columns)
    words = {"title": "@SUM(A1)", "description": '=HYPERLINK("https://evil.example","look")'}
    return form.model_copy(update=words | {"columns": columns})


@pytest.mark.parametrize("form", [*FORMS.values(), hostile(FORMS["footfall"])], ids=lambda form: form.id)
def test_no_cell_of_a_template_can_be_run_by_a_spreadsheet(form: Return, tmp_path: Path) -> None:
    cells = [cell for row in csv.reader(io.StringIO(csv_template(form).decode("utf-8-sig"))) for cell in row]
    path = tmp_path / "form.xlsx"
    path.write_bytes(xlsx_template(form))
    with CalamineWorkbook.from_path(path) as book:
        assert book.sheet_names == ["Return", "Notes"]
        cells += [
            str(cell) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row
        ]
    assert [cell for cell in cells if runs_as_formula(cell)] == []
    with zipfile.ZipFile(path) as book_parts:
        parts = {name: book_parts.read(name) for name in book_parts.namelist()}
    assert [name for name, part in parts.items() if b"<f>" in part or b"<f " in part] == []


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+4",
        "-x",
        "@a",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u00a0=1",
        "\uff1d1",
        "\uff201",
        "=cmd|' /C calc'!A0",
        "-",
    ],
)
def test_text_that_would_run_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=b", "2026-03", "# note", "E08000012", "'=1+1", "St Helens - centre", "–"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.id)
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_template_filled_in_with_its_examples_is_good(form: Return, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"filled.{suffix}"
    if suffix == "csv":
        template = csv_template(form).decode("utf-8-sig")
        template = template.replace("submitted_by,", "submitted_by,Performance team", 1)
        template = template.replace("submitted_at,\r\n", "submitted_at,20/07/2026\r\n", 1)
        path.write_bytes(template.encode() + as_csv([list(row) for row in examples(form)]))
    else:
        write_workbook(path, form)
    found = read_submission(path, path.name, TODAY)
    assert found.form == form
    assert (found.submitted_by, found.submitted_at) == ("Performance team", dt.date(2026, 7, 20))
    assert {row["indicator_id"] for row in found.rows} == set(form.indicators)
    assert {row["area_code"] for row in found.rows if row["breakdown"] == "total"} >= {"E47000004"}
    # The same figures are the same bytes, whichever way they were handed in, but for where they stood.
    direct = handed_in(tmp_path, as_csv(filled(form)), "direct.csv")
    assert [dict(row, cell="") for row in found.rows] == [dict(row, cell="") for row in direct.rows]


def write_workbook(path: Path, form: Return) -> None:
    """Numbers as numbers and days as days, as people type them; and the author's name, as Excel adds it."""
    book = xlsxwriter.Workbook(path)
    book.set_properties({"author": "Jane Smith"})
    dates = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet("Return")
    days = {"submitted_at", *(column.name for column in form.columns if column.type == "day")}
    numbers = {at for at, column in enumerate(form.columns) if column.type in NUMBER_TYPES}
    day_columns = {at for at, column in enumerate(form.columns) if column.name in days}
    for number, row in enumerate(filled(form)):
        for at, cell in enumerate(row):
            if (number > 3 and at in day_columns) or (row[0] == "submitted_at" and at == 1):
                sheet.write_datetime(number, at, dt.datetime.fromisoformat(cell), dates)
            elif number > 3 and at in numbers:
                sheet.write_number(number, at, float(cell))
            else:
                sheet.write_string(number, at, cell)
    book.close()


def test_the_author_of_a_workbook_is_not_landed(tmp_path: Path) -> None:
    path = tmp_path / "footfall.xlsx"
    write_workbook(path, FORMS["footfall"])
    content = read_submission(path, path.name, TODAY).content
    assert content.decode().splitlines()[0] == ",".join(LANDED_COLUMNS)
    assert b"Jane" not in content


# --- messages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("4100000", "abc", "cell D5: 'abc' is not a whole number of visits; write digits only"),
        ("4100000", "4100000.5", "cell D5: '4100000.5' is not a whole number of visits: it has decimal places"),
        ("4100000", "4.1E+06", "cell D5: '4.1E+06' is not a whole number of visits: the spreadsheet has shortened it"),
        ("4100000", "=D6*2", "cell D5: '=D6*2' is not a whole number of visits: it is a formula; paste its value"),
        ("4100000", "-5", "cell D5: -5 visits is outside what is allowed: 0 to 100,000,000"),
        ("4100000", "", "cell D5: visits is empty"),
        ("2026-03,Wirral", "Q1 2026,Wirral", "cell A6: 'Q1 2026' is not a month such as 2026-03 or March 2026"),
        (
            "2026-03,Wirral",
            "2026-07,Wirral",
            "cell A6: 2026-07 was not over when the return was submitted (2026-07-20)",
        ),
        (
            "Wirral",
            "Chester",
            "cell B6: 'Chester' is not an area of this return; allowed: Liverpool City Region, Halton",
        ),
        ("Wirral", "Liverpool City Region", "cell C6: a single town centre belongs to a local authority"),
        ("Birkenhead", "", "cell C6: town_centre is empty; write All for the total"),
        ("Birkenhead", "=cmd()", "cell C6: town_centre begins with '=': a spreadsheet would run it as a formula"),
        (
            "Wirral,Birkenhead,610000",
            "Liverpool City Region,All,1",
            "row 6 repeats row 5: the same month, area, town_centre",
        ),
        (
            "4100000",
            "600000",
            "cell D5: the total of visits, 600,000, is less than its rows by town centre come to, 610,000",
        ),
        (
            "Liverpool City Region,All",
            "Wirral,All",
            "no row for area Liverpool City Region and town_centre All in 2026-03",
        ),
        ("return,footfall", "return,foot", "cell B1: 'foot' is not a return; allowed: business_broadband_take_up"),
        ("return,footfall\n", "", "the row that names the return is missing"),
        ("2026-07-20", "2027-01-01", "cell B3: submitted_at 2027-01-01 lies in the future"),
        ("4100000", "0151 496 0000", "cell D5: what stands there is not a whole number of visits"),
        ("2026-07-20", "soon", "cell B3: 'soon' is not a day; write the day of submission"),
        ("visits,note", "visitors,note", "the column visits is missing"),
        ("visits,note", "visits,mood", "cell E4: 'mood' is not a column of this return"),
        ("visits,note", "visits,visits", "cell E4: the column visits is there twice"),
    ],
)
def test_a_message_names_the_cell_the_value_and_what_is_allowed(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in FOOTFALL
    found = problems(tmp_path, FOOTFALL.replace(old, new, 1))
    assert any(problem.startswith("returns/footfall.csv") and says in problem for problem in found), found


def test_all_problems_are_said_at_once_and_not_too_many(tmp_path: Path) -> None:
    bad = "".join(f"2026-03,Wirral,Centre {number},x,\n" for number in range(50))
    found = problems(tmp_path, FOOTFALL + bad)
    assert len(found) == 21
    assert found[-1].endswith("and 30 more problems of this kind")


def test_shares_are_no_more_than_one(tmp_path: Path) -> None:
    rows = filled(FORMS["town_centre_vacancy"])
    rows[4][3] = "9999"
    assert problems(tmp_path, as_csv(rows)) == (
        "returns/footfall.csv, cell D5: 9,999 vacant_units are more than the 2,450 total_units",
    )


def test_few_answers_are_no_basis_for_a_share(tmp_path: Path) -> None:
    rows = filled(FORMS["business_broadband_take_up"])
    rows[4][1:3] = ["9", "12"]
    assert "cell C5: 12 businesses is outside what is allowed: 30 to 100,000" in problems(tmp_path, as_csv(rows))[0]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("footfall.csv", b"", "found 0 bytes"),
        ("footfall.csv", FOOTFALL.encode("utf-16"), "UTF-16"),
        ("footfall.csv", b"<html>", "HTML"),
        ("footfall.xlsx", FOOTFALL.encode(), "expected an Excel workbook"),
        ("footfall.docx", b"PK", "a return is a CSV or XLSX file, not .docx"),
        ("footfall.csv", b"a,b\n1,2\n", "the row that names the return is missing"),
    ],
)
def test_what_is_no_form_at_all_is_said_plainly(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    assert says in problems(tmp_path, content, name)[0]


@pytest.mark.parametrize(
    "content",
    [
        FOOTFALL.replace(",", ";"),
        FOOTFALL.encode("utf-8-sig"),
        FOOTFALL.replace("Birkenhead", "St John’s").encode("cp1252"),
        FOOTFALL.replace("\n", ",,\r\n"),
        FOOTFALL.replace("2026-03", "Mar-26").replace("4100000", '"4,100,000"').replace("month,area", "Month,Area"),
    ],
    ids=["semicolons", "byte order mark", "old Excel", "trailing commas", "Excel's dates and thousands"],
)
def test_what_spreadsheets_make_of_a_file_is_read(tmp_path: Path, content: str | bytes) -> None:
    total, centre = handed_in(tmp_path, content).rows
    assert (total["time_period"], total["value"], total["breakdown"]) == ("2026-03-01/P1M", "4100000", "total")
    assert (centre["area_code"], centre["value"]) == ("E08000015", "610000")


def test_withdrawn_figures_and_columns_that_may_be_empty(tmp_path: Path) -> None:
    (withdrawn, _) = handed_in(tmp_path, FOOTFALL.replace("4100000", "Withdrawn")).rows
    assert withdrawn["value"] == "withdrawn"
    rows = filled(FORMS["open_data_use"])
    rows[4][2] = ""
    (only,) = handed_in(tmp_path, as_csv(rows)).rows
    assert (only["indicator_id"], only["time_period"]) == ("open_data_applications", "2025-04-01/P1Y")


# --- persons ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Jane Smith",
        "jane.smith@authority.example",
        "Dr Jane Smith, Policy",
        "x",
        "",
        "=Data team",
        "call 0151 496 0000",
    ],
)
def test_persons_do_not_answer_for_figures(tmp_path: Path, text: str) -> None:
    assert not looks_like_an_office(text)
    (found,) = problems(tmp_path, FOOTFALL.replace("Performance team", f'"{text}"'))
    assert found.startswith("returns/footfall.csv, cell B2: ")
    assert text == "" or len(text) < 2 or text not in found, "a person's name must not get into the ledger by a message"


@pytest.mark.parametrize(
    "text", ["Performance team", "transport_data@lcr.example", "Head of Policy", "data.team@a.example"]
)
def test_offices_do(text: str) -> None:
    assert looks_like_an_office(text)


@pytest.mark.parametrize(
    ("note", "what"),
    [
        ("ask jane.smith@authority.example", "an e-mail address"),
        ("ring 0151 496 0000", "a telephone number"),
        ("counted by Mrs Smith", "a person's title and name"),
        ("moved to L3 1BP", "a postcode"),
    ],
)
def test_notes_hold_nothing_about_a_person(tmp_path: Path, note: str, what: str) -> None:
    assert personal_trace(note) == what
    (found,) = problems(tmp_path, FOOTFALL.replace("4100000,", f"4100000,{note}"))
    assert found == f"returns/footfall.csv, cell E5: note holds {what}; nothing about a person may be handed in"


@pytest.mark.parametrize(
    "note", ["counter out of order 3 days", "4,100,000 was 4,050,000 before", "from 2026-04-01 on"]
)
def test_ordinary_notes_are_fine(note: str) -> None:
    assert personal_trace(note) == ""


# --- periods ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "period", "last"),
    [
        ("month", "2026-03", "2026-03-01/P1M", "2026-03-31"),
        ("month", "March 2026", "2026-03-01/P1M", "2026-03-31"),
        ("month", "Mar-26", "2026-03-01/P1M", "2026-03-31"),
        ("month", "2026-02-01 00:00:00", "2026-02-01/P1M", "2026-02-28"),
        ("month", "2026-02-15", None, None),
        ("quarter", "Oct-Dec 2025", "2025-10-01/P3M", "2025-12-31"),
        ("quarter", "October to December 2025", "2025-10-01/P3M", "2025-12-31"),
        ("quarter", "Feb-Apr 2025", None, None),
        ("quarter", "Q1 2025", None, None),
        ("financial_year", "2025/26", "2025-04-01/P1Y", "2026-03-31"),
        ("financial_year", "2025/27", None, None),
        ("calendar_year", "2025", "2025-01-01/P1Y", "2025-12-31"),
        ("day", "31/03/2026", "2026-03-31", "2026-03-31"),
        ("day", "31/02/2026", None, None),
        ("day", "1926-03-31", None, None),
    ],
)
def test_periods_are_read_as_written_and_never_guessed(
    kind: Any, text: str, period: str | None, last: str | None
) -> None:
    assert time_period(kind, text) == period
    if period is not None:
        assert last_day(period).isoformat() == last


@given(st.text(max_size=30))
def test_no_text_breaks_the_readers(text: str) -> None:
    for kind in ("month", "quarter", "financial_year", "calendar_year", "day"):
        found = time_period(kind, text)
        assert found is None or last_day(found)
    looks_like_an_office(text)
    personal_trace(text)


# --- commands ---------------------------------------------------------------------------------------------


def test_templates_are_written_once_and_never_over_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTCOMES_HOME", str(tmp_path / "home"))
    arguments = ["returns", "template", "--output", str(tmp_path / "forms")]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert {path.stem for path in (tmp_path / "forms").iterdir()} == set(FORMS)
    again = CliRunner().invoke(main, arguments)
    assert (again.exit_code, "left alone" in again.output) == (1, True)
    into_the_folder = [*arguments[:-1], str(tmp_path / "home" / "returns")]
    assert CliRunner().invoke(main, into_the_folder).exit_code == 2
    assert CliRunner().invoke(main, ["returns", "template", "football"]).exit_code == 2


def test_check_says_what_is_wrong_or_where_to_put_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTCOMES_HOME", str(tmp_path / "home"))
    path = tmp_path / "footfall.csv"
    path.write_text(FOOTFALL.replace("2026-", "2025-"))
    good = CliRunner().invoke(main, ["returns", "check", str(path)])
    assert good.exit_code == 0, good.output
    assert "good. Footfall in town centres, submitted by Performance team on 2025-07-20: 2 figures" in good.output
    assert str(tmp_path / "home" / "returns") in good.output
    path.write_text(FOOTFALL.replace("2026-", "2025-").replace("4100000", "abc"))
    bad = CliRunner().invoke(main, ["returns", "check", str(path)])
    assert bad.exit_code == 1
    assert f"{path}, cell D5: 'abc' is not a whole number of visits" in bad.output
