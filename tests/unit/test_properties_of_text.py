"""What holds for any text of publishers and people: periods, numbers and markers are read right or not at all."""

from __future__ import annotations

import calendar
import datetime as dt
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from sources.returns.periods import CENTURY, last_day, time_period
from tests.rendered import macro, seed

MANY = settings(max_examples=12)  # tables of a hundred texts each
WEIRD = st.text(st.sampled_from("0123456789-/–. toQP_[]()nexcbuzrfm\u00a0\t\n,+Ee:٣"), max_size=24)
ANY_TEXT = st.one_of(WEIRD, st.text(max_size=24))
TEXTS = st.lists(ANY_TEXT, min_size=100, max_size=150)
DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31))
YEARS = st.integers(1900, 2098)
BLANKS = st.sampled_from(["", " ", "\u00a0", "\t", "\ufeff", "\r\n"])


class Macros:
    """Macros called on many texts at once."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.rendered: dict[str, str] = {}

    def __call__(self, call: str, texts: list[str]) -> list[Any]:
        sql = self.rendered.setdefault(call, macro(call))
        rows = "select unnest($1) as text, unnest(range(len($1))) as place"
        return self.query(f"select {sql} from ({rows}) as rows order by place", texts)

    def query(self, sql: str, texts: list[Any]) -> list[Any]:
        return [row[0] for row in self.connection.execute(sql, [texts]).fetchall()]


@pytest.fixture(scope="module")
def macros() -> Macros:
    return Macros()


# --- periods in SQL ---------------------------------------------------------------------------------------


def month_later(day: dt.date, months: int) -> dt.date:
    """The day so many months later, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def end_of(start: dt.date, number: int, unit: str) -> dt.date:
    if unit == "D":
        return start + dt.timedelta(days=number - 1)
    return month_later(start, number * (12 if unit == "Y" else 1)) - dt.timedelta(days=1)


@given(st.lists(st.tuples(DAYS, st.integers(1, 400), st.sampled_from("YMD")), min_size=50, max_size=100))
@settings(max_examples=8)
def test_a_period_has_the_days_that_a_calendar_gives_it(
    macros: Macros, periods: list[tuple[dt.date, int, str]]
) -> None:
    texts = [f"{start}/P{number}{unit}" for start, number, unit in periods]
    assert macros("period_start('text')", texts) == [start for start, _, _ in periods]
    assert macros("period_end('text')", texts) == [end_of(*period) for period in periods]
    plain = [str(start) for start, _, _ in periods]
    assert macros("period_end('text')", plain) == macros("period_start('text')", plain)


@given(st.lists(st.tuples(st.integers(1, 400), st.sampled_from("YMD")), min_size=50, max_size=100))
@settings(max_examples=5)
def test_frequency_is_the_length_of_the_period(macros: Macros, lengths: list[tuple[int, str]]) -> None:
    named = {(1, "Y"): "A", (12, "M"): "A", (6, "M"): "S", (3, "M"): "Q", (1, "M"): "M", (1, "D"): "D"}
    wanted = [named.get((n, unit), f"{'A' if unit == 'Y' else unit}{n}") for n, unit in lengths]
    assert macros("period_freq('text')", [f"2024-01-01/P{n}{unit}" for n, unit in lengths]) == wanted


@given(TEXTS)
@example(["2024-13-45", "2024-02-30/P1Y", "0000-01-01", "2024-01-01/P99999999999Y", "2024-01-01/P1Y\n", "2024-00-10"])
@settings(max_examples=6)
def test_text_that_is_no_period_has_no_days(macros: Macros, texts: list[str]) -> None:
    starts, ends, freqs = (macros(f"{name}('text')", texts) for name in ("period_start", "period_end", "period_freq"))
    for text, start, end, freq in zip(texts, starts, ends, freqs, strict=True):
        assert (start is None) == (end is None) == (freq is None)
        if start is not None:
            assert re.fullmatch(rf"{start}(/P[1-9][0-9]*[YMD])?", text)
            assert start <= end


def years_written(year: int, *forms: str) -> list[str]:
    """Labels with a year as {0}, the next one as {1} and its last two digits as {2}."""
    return [form.format(year, year + 1, f"{(year + 1) % 100:02}") for form in forms]


FINANCIAL = ("{0}-{2}", "{0}/{2}", "{0}-{1}", "{0} to {1}", "{0}–{2}", "{0}-{2}R", "{0}/{2} [p]", "{0}-{1} [note 12]")
CALENDAR = ("{0}", "{0}.0", "{0} Births", "LA - Generation, {0}", "{0} [note 3]", "FY{0}")
# Macro: how publishers write the period that begins in a year, and what it is.
WRITTEN: dict[str, tuple[tuple[str, ...], str]] = {
    "calendar_year_period": (CALENDAR, "{0}-01-01/P1Y"),
    "financial_year_period": (FINANCIAL, "{0}-04-01/P1Y"),
    "academic_year_period": (("{0}{2}", "{0}/{2}", "{0}/{1}"), "{0}-09-01/P1Y"),
    "academic_year_ending": (("{1}", "{1} (Rev)", "{1} (Provisional)"), "{0}-09-01/P1Y"),
    "nomis_month_period": (("{0}-07",), "{0}-07-01/P1M"),
    "nomis_rolling_year_period": (("{1}-09",), "{0}-10-01/P1Y"),
    "quarter_period": (("{0} Q2", "{0}_Q2", "{0}/2"), "{0}-04-01/P3M"),
}
FROM_2000 = ("academic_year_period", "academic_year_ending")


@pytest.mark.parametrize("name", WRITTEN)
@given(st.lists(st.tuples(YEARS, BLANKS, BLANKS), min_size=20, max_size=40))
@settings(max_examples=8)
def test_a_year_is_read_however_it_is_written(macros: Macros, name: str, years: list[tuple[int, str, str]]) -> None:
    texts, wanted = [], []
    for year, before, after in years:
        forms, period = WRITTEN[name]
        year = max(year, 2000) if name in FROM_2000 else year  # noqa: PLW2901
        blanks = ("", "") if name.startswith("nomis") else (before, after)  # codes come trimmed
        texts += [text.join(blanks) for text in years_written(year, *forms)]
        wanted += years_written(year, period) * len(forms)
    assert macros(f"{name}('text')", texts) == wanted


@given(st.lists(st.tuples(YEARS, st.integers(1, 9)), min_size=30, max_size=60))
@settings(max_examples=10)
def test_pooled_years_are_counted(macros: Macros, pooled: list[tuple[int, int]]) -> None:
    pooled = [(first, more) for first, more in pooled if first + more <= 2099]
    for text in ("{0} to {1}", "{0}-{1}", "{0}–{1}", "{0}/{2:02}", "{0} - {2:02}"):
        texts = [text.format(first, first + more, (first + more) % 100) for first, more in pooled]
        assert macros("pooled_years_period('text')", texts) == [f"{f}-01-01/P{more + 1}Y" for f, more in pooled]


@pytest.mark.parametrize("name", [*WRITTEN, "pooled_years_period"])
@given(TEXTS)
@example(
    ["2009-2110", "2009-1910", "2009-10-11", "2000-01-01", "2009-2010 and 2011-2012", "March 2024", "Year to Dec 2024"]
)
@example(["2011 to 2113", "2011-1913", "2099/2000", "2024-01", "2024-13", "1-2", "20211-22", "2024 Q5", "2024-02-30"])
@MANY
def test_text_is_never_another_period(macros: Macros, name: str, texts: list[str]) -> None:
    """What was made of a text is a period, and begins in a year that stands in the text, or ends in it."""
    months = re.compile("|".join(month.casefold() for month in calendar.month_abbr[1:]))
    periods = macros(f"{name}('text')", texts)
    ends = macros("period_end('text')", [period or "" for period in periods])
    for text, period, end in zip(texts, periods, ends, strict=True):
        if period is None:
            continue
        assert end is not None, f"{text!r} became {period!r}"
        years = [int(year) for year in re.findall(r"[0-9]{4}", text)]
        assert int(period[:4]) in years or end.year in years
        # Every year that the text names is the first or the last one of the period.
        assert all(year in (int(period[:4]), end.year) or name == "pooled_years_period" for year in years), (
            text,
            period,
        )
        assert not months.search(text.casefold())
        assert not re.search(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text)


def test_pooled_years_end_with_the_last_year_of_the_label(macros: Macros) -> None:
    texts = [f"{first}{to}{last}" for first in (1999, 2011) for to in ("-", " to ") for last in range(1890, 2121)]
    for text, period in zip(texts, macros("pooled_years_period('text')", texts), strict=True):
        first, last = (int(year) for year in re.findall(r"[0-9]{4}", text))
        assert period == (f"{first}-01-01/P{last - first + 1}Y" if 1 <= last - first <= 9 and last < 2100 else None)


# --- periods as people write them in returns --------------------------------------------------------------

FORMS = {
    # with the day as {0}, names of the first and last month of its quarter as {1} and {2}, the next year as {3}
    "month": ("{0:%Y-%m}", "{0.year}-{0.month}", "{0:%B %Y}", "{0:%b-%y}", "{0:%Y-%m}-01", "01/{0:%m/%Y}"),
    "quarter": ("{1}-{2} {0.year}", "{1} to {2} {0.year}", "{1}–{2}, {0.year}"),
    "financial_year": ("{0.year}/{3:%y}", "{0.year}-{3.year}", "{0.year} to {3:%y}"),
    "calendar_year": ("{0.year}", "{0.year}.0"),
    "day": ("{0}", "{0:%d/%m/%Y}", "{0.day}.{0.month}.{0.year}", "{0} 00:00:00"),
}
PERIODS: dict[str, tuple[Callable[[dt.date], str], int]] = {
    # what it is, and how many months
    "month": (lambda d: f"{d:%Y-%m}-01/P1M", 1),
    "quarter": (lambda d: f"{d.year}-{(d.month - 1) // 3 * 3 + 1:02}-01/P3M", 3),
    "financial_year": (lambda d: f"{d.year}-04-01/P1Y", 12),
    "calendar_year": (lambda d: f"{d.year}-01-01/P1Y", 12),
    "day": (str, 0),
}


def _quarter(day: dt.date) -> tuple[str, str]:
    first = (day.month - 1) // 3 * 3 + 1
    return calendar.month_abbr[first], calendar.month_name[first + 2]


@pytest.mark.parametrize("kind", FORMS)
@given(day=st.dates(dt.date(2000, 1, 1), dt.date(2098, 12, 31)), before=BLANKS)
def test_every_spelling_of_a_period_in_a_return_is_that_period(kind: Any, day: dt.date, before: str) -> None:
    period, months = PERIODS[kind]
    assume(before != "\ufeff")
    for form in FORMS[kind]:
        text = form.format(day, *_quarter(day), day.replace(year=day.year + 1, day=1))
        assert time_period(kind, f"{before}{text} ") == period(day), text
    start = dt.date.fromisoformat(period(day)[:10])
    assert last_day(period(day)) == (month_later(start, months) - dt.timedelta(days=1) if months else start)


@given(st.sampled_from(sorted(FORMS)), ANY_TEXT)
@settings(max_examples=400)
def test_text_in_a_return_is_a_period_of_its_kind_or_none(kind: Any, text: str) -> None:
    found = time_period(kind, text)
    if found is not None:
        start, end = dt.date.fromisoformat(found[:10]), last_day(found)
        assert start.year in range(CENTURY, CENTURY + 100)
        assert start <= end
        assert found == PERIODS[kind][0](start)


# --- numbers and markers ----------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.decimals(-(10**12), 10**12, places=4), BLANKS, st.booleans()), min_size=50, max_size=100))
@settings(max_examples=20)
def test_a_number_is_read_as_it_is_written(macros: Macros, numbers: list[tuple[Decimal, str, bool]]) -> None:
    texts = [f"{blank}{number:,}" if commas else f"{number}{blank}" for number, blank, commas in numbers]
    assert macros("try_number('text')", texts) == [float(number) for number, _, _ in numbers]


@given(TEXTS)
@example(["1e999", "-1e999", "9" * 400, "1" + ",000" * 200, "nan", "inf", "-", "..", "0x1F", "1_000", "٣", "1,2", "5%"])
@MANY
def test_what_is_no_number_becomes_none_and_never_nought_or_infinity(macros: Macros, texts: list[str]) -> None:
    for text, found in zip(texts, macros("try_number('text')", texts), strict=True):
        if found is not None:
            assert math.isfinite(found)
            plain = text.strip(" \t\r\n\u00a0\ufeff").replace(",", "")
            assert found == float(plain), text
            assert re.fullmatch(r"[0-9.eE+-]+", plain)


STATUSES = {row["marker"]: row for row in seed("obs_status") if row["marker"] != "blank"}
SPELLINGS = ("{}", "[{}]", " {} ", "({})", "[{}] [note 3]", "{} [n1]", "\t{}\n", "[note 12]{}")


@given(st.lists(st.tuples(st.sampled_from(sorted(STATUSES)), st.sampled_from(SPELLINGS), st.booleans()), min_size=40))
@settings(max_examples=20)
def test_a_marker_has_its_status_in_any_spelling(macros: Macros, markers: list[tuple[str, str, bool]]) -> None:
    texts = [spelling.format(marker.upper() if upper else marker) for marker, spelling, upper in markers]
    rows = [STATUSES[marker] for marker, _, _ in markers]
    assert macros("obs_status('text')", texts) == [row["obs_status"] for row in rows]
    assert macros("conf_status('text')", texts) == [row["conf_status"] or "F" for row in rows]
    assert macros("try_number('text')", texts) == [None] * len(texts)


@given(st.lists(st.lists(st.sampled_from(sorted(STATUSES)), min_size=1, max_size=4), min_size=30))
@settings(max_examples=10)
def test_of_several_markers_the_one_with_precedence_wins(macros: Macros, several: list[list[str]]) -> None:
    winners = [min((STATUSES[one] for one in markers), key=lambda row: int(row["precedence"])) for markers in several]
    found = macros("obs_status('text')", ["[" + "] [".join(markers) + "]" for markers in several])
    assert found == [row["obs_status"] for row in winners]


@given(TEXTS)
@MANY
def test_a_cell_is_a_value_with_a_status_or_missing_with_one(macros: Macros, texts: list[str]) -> None:
    """Any cell: a number is normal; what is no number has no value, and its status is never the normal one."""
    values = macros("try_number('text')", texts)
    statuses = macros(f"obs_status('text', {macro_argument('try_number')})", texts)
    kept = macros("not_a_number('text')", texts)
    for text, value, status, flag in zip(texts, values, statuses, kept, strict=True):
        if value is None:
            assert status != "A", text
            # What stood there is kept, so that nobody takes it for an empty cell.
            assert (flag is None) == (text.strip(" \t\r\n\u00a0\ufeff") == "")
        else:
            assert flag is None


def macro_argument(name: str) -> str:
    """SQL of a macro on `text`, as an argument of another macro."""
    return "'" + macro(f"{name}('text')").replace("\\", "\\\\").replace("'", "\\'").replace("\n", " ") + "'"


def test_markers_of_publishers_map_to_statuses_that_exist() -> None:
    known = {row["obs_status"] for row in seed("obs_status")}
    rows = seed("source_markers")
    for row in rows:
        assert row["obs_status"] in known
        assert row["marker"] == row["marker"].strip().lower()  # cells are compared trimmed and in lower case
        # A marker that takes the value away says so in its status.
        assert row["load_as"] == "value" or row["obs_status"] in ("O", "M", "Q")
        assert (row["obs_status"] == "Q") <= (row["conf_status"] == "C")
    assert len({(row["dataset"], row["marker"]) for row in rows}) == len(rows)
