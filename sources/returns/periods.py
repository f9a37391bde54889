"""Periods as people and spreadsheets write them, to ISO 8601 intervals.

Spreadsheets rewrite what looks like a date ('2026-03' is saved as 'Mar-26'): every such spelling of the same
period is read, and nothing that could mean two periods.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

from sources.returns import PeriodType

MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_abbr) if name}
QUARTERS = {"jan-mar": 1, "apr-jun": 4, "jul-sep": 7, "oct-dec": 10}
CENTURY = 2000
YEARS = range(2000, 2100)
HOW = {
    "month": "a month such as 2026-03 or March 2026",
    "quarter": "a quarter such as Apr-Jun 2026 (not Q1: to some that is January to March, to others April to June)",
    "financial_year": "a financial year such as 2025/26",
    "calendar_year": "a year such as 2026",
    "day": "a day such as 2026-03-31 or 31/03/2026",
}


def time_period(kind: PeriodType, text: str) -> str | None:
    """ISO 8601 interval ('2026-03-01/P1M', a day without a length); None where the text is no such period."""
    start, length = _READ[kind](text.strip())
    if start is None or start.year not in YEARS:
        return None
    return f"{start.isoformat()}/{length}" if length else start.isoformat()


def last_day(period: str) -> dt.date:
    """Last day of an interval that `time_period` made."""
    start = dt.date.fromisoformat(period[:10])
    months = {"": 0, "P1M": 1, "P3M": 3, "P1Y": 12}[period[11:]]
    if not months:
        return start
    year, month = divmod(start.month - 1 + months, 12)
    return dt.date(start.year + year, month + 1, 1) - dt.timedelta(days=1)


def day(text: str) -> dt.date | None:
    """2026-03-31, 31/03/2026 or 31.03.2026, with or without a time of nought behind it."""
    plain = re.sub(r"[ T]00:00(:00(\.0+)?)?$", "", text.strip())
    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", plain)
    british = re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", plain)
    parts = iso.groups() if iso else british.groups()[::-1] if british else None
    try:
        return dt.date(*map(int, parts)) if parts else None
    except ValueError:
        return None


def _month(text: str) -> tuple[dt.date | None, str]:
    found = re.fullmatch(r"(\d{4})-(\d{1,2})", text)
    if found:
        return _first(int(found[1]), int(found[2])), "P1M"
    named = re.fullmatch(r"([A-Za-z]{3})[a-z]*[- .,]*(\d{4}|\d{2})", text)
    if named:
        return _first(_year(named[2]), MONTHS.get(named[1].casefold(), 0)), "P1M"
    found_day = day(text)  # how a workbook stores a month
    return (found_day if found_day and found_day.day == 1 else None), "P1M"


def _quarter(text: str) -> tuple[dt.date | None, str]:
    found = re.fullmatch(r"([A-Za-z]{3})[a-z]*\s*(?:-|–|to)\s*([A-Za-z]{3})[a-z]*[- ,]*(\d{4})", text)
    month = QUARTERS.get(f"{found[1]}-{found[2]}".casefold(), 0) if found else 0
    return (_first(int(found[3]), month) if found else None), "P3M"


def _financial_year(text: str) -> tuple[dt.date | None, str]:
    found = re.fullmatch(r"(\d{4})\s*(?:/|-|–|to)\s*(\d{2}|\d{4})", text)
    follows = found is not None and int(found[2][-2:]) == (int(found[1]) + 1) % 100
    return (_first(int(found[1]), 4) if found and follows else None), "P1Y"


def _calendar_year(text: str) -> tuple[dt.date | None, str]:
    found = re.fullmatch(r"(\d{4})(\.0+)?", text)
    return (_first(int(found[1]), 1) if found else None), "P1Y"


def _day(text: str) -> tuple[dt.date | None, str]:
    return day(text), ""


def _first(year: int, month: int) -> dt.date | None:
    return dt.date(year, month, 1) if year and 1 <= month <= len(MONTHS) else None


def _year(text: str) -> int:
    return int(text) if len(text) > 2 else CENTURY + int(text)  # noqa: PLR2004


_READ = {
    "month": _month,
    "quarter": _quarter,
    "financial_year": _financial_year,
    "calendar_year": _calendar_year,
    "day": _day,
}
