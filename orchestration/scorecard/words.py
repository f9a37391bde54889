"""Figures and judgements in the words that official statistics use. Values come rounded by the mart's own engine."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

Row = dict[str, Any]

MINUS = "\N{MINUS SIGN}"
WILSON = "wilson"

STATUSES = {
    "answered": "Answered",
    "proxy": "Proxy",
    "weak_proxy": "Weak proxy",
    "illustrative_only": "Illustrative only",
    "ended": "Series ended",
    "awaiting_source": "Awaiting a source",
    "awaiting_return": "Awaiting a return",
}
# What the status means, for the key of the page.
STATUS_MEANINGS = {
    "answered": "a published figure of the measure itself",
    "proxy": "a published figure that stands near it; what differs is said",
    "weak_proxy": "a published figure that only hints at it",
    "illustrative_only": "the only figures loaded are invented, to show the form of the data",
    "ended": "its publisher has stopped the series",
    "awaiting_source": "nothing that answers it has been loaded yet",
    "awaiting_return": "no open series exists; the combined authority has to hand it in",
}
JUDGEMENTS = {
    "better": "Better than",
    "worse": "Worse than",
    "similar": "Similar to",
    "higher": "Higher than",
    "lower": "Lower than",
    "not_compared": "Not compared with",
}
TRENDS = {
    "increasing": "increasing",
    "decreasing": "decreasing",
    "no_change": "no significant change",
    "unknown": "cannot be calculated",
}
ORIGINS = {
    "published": "the publisher's own figure for the area",
    "aggregated": "combined here from the publisher's figures for the member authorities",
    "derived": "calculated here from published figures",
    "proxy": "a published figure that stands in for the measure",
    "local_return": "handed in by the combined authority",
}
SPREADS = {
    "above": "Above the usual spread of combined authorities",
    "within": "Within the usual spread of combined authorities",
    "below": "Below the usual spread of combined authorities",
}
# What is larger in a larger area: never drawn beside a total of England.
GROWS_WITH_SIZE = {
    "count", "GBP million", "tonnes", "kt CO2e", "MWh", "ktoe", "thousand m2", "vehicle miles", "million journeys",
}  # fmt: skip
PUBLISHERS = {
    "charity_commission": "Charity Commission for England and Wales",
    "data_gov_uk": "data.gov.uk",
    "dbt_uk": "Department for Business and Trade",
    "dcms": "Department for Culture, Media and Sport",
    "defra": "Department for Environment, Food & Rural Affairs",
    "desnz": "Department for Energy Security and Net Zero",
    "dfe": "Department for Education",
    "dft": "Department for Transport",
    "hesa": "Higher Education Statistics Agency",
    "hmrc": "HM Revenue & Customs",
    "ipo": "Intellectual Property Office",
    "lcrca": "The combined authority",
    "mhclg": "Ministry of Housing, Communities and Local Government",
    "network_rail": "Network Rail",
    "nomis": "Office for National Statistics, Nomis",
    "ofcom": "Ofcom",
    "ohid": "Office for Health Improvement and Disparities",
    "ons": "Office for National Statistics",
    "orr": "Office of Rail and Road",
    "ukri": "UK Research and Innovation",
    "voa": "Valuation Office Agency",
}
# Where a build's bytes came from; never the folder, which is nobody's business who reads the page.
BUILT_FROM = {
    "live": "the publishers",
    "landed": "releases landed before",
    "mirror": "files downloaded by hand",
    "sample": "the bundled sample",
}
LICENCES = {"OGL-UK-3.0": "Open Government Licence v3.0", "CC-BY-4.0": "Creative Commons Attribution 4.0"}
TRAJECTORIES = {"reached": "Reached", "on track": "On track", "off track": "Off track"}


def number(value: float, decimals: int, *, sign: bool = False) -> str:
    """With thousands separators: `12,345.6`; with `sign` a plus before what is above zero."""
    text = f"{abs(value):,.{max(decimals, 0)}f}"
    if not float(text.replace(",", "")):
        return text
    return f"{MINUS}{text}" if value < 0 else f"+{text}" if sign else text


def in_unit(value: float | None, unit: str | None, decimals: int, *, sign: bool = False) -> str:
    """A value with its unit as people write it: `76.1%`, `£41.20`, `£35,123 million`, `61.3 years`."""
    if value is None or math.isnan(value):
        return ""
    text = number(value, decimals, sign=sign)
    unit = (unit or "").replace("m2", "m²").replace("CO2e", "CO₂e")
    if unit == "percent":
        return f"{text}%"
    if unit.startswith("GBP"):
        lead = text[0] if text[0] in f"+{MINUS}" else ""
        return f"{lead}£{text[len(lead) :]}{unit.removeprefix('GBP')}"
    return f"{text} {unit}" if unit not in ("count", "rank", "ratio", "") else text


def decimals_of(row: Row) -> int:
    return int(row["decimals"] or 0)


def day(value: dt.date | dt.datetime | None) -> str:
    return f"{value.day} {value:%B %Y}" if value else ""


def interval(row: Row) -> str:
    """`95% confidence interval 74.9% to 77.3%`; '' where there is none."""
    if row["lower_ci"] is None or row["upper_ci"] is None:
        return ""
    low, high = (in_unit(row[name], row["unit"], decimals_of(row)) for name in ("lower_ci", "upper_ci"))
    made = ", calculated here from the counts (Wilson)" if row["interval_method"] == WILSON else ""
    return f"95% confidence interval {low} to {high}{made}"


def judgement_code(row: Row) -> str:
    code = (row["judgement"] or "not compared").replace(" ", "_")
    return code if code in JUDGEMENTS else "not_compared"


def judgement(row: Row) -> str:
    """`Better than England`. Only what the mart says."""
    if row["value"] is None:
        return "No figure"
    code = judgement_code(row)
    said = JUDGEMENTS[code]
    return f"{said} {row['comparator_name']}" if row["comparator_name"] else said.removesuffix(" with")


def gap(row: Row) -> str:
    """`1.2 percentage points above England (75.5%)`, or the share of counts that add up to the comparator's."""
    name, decimals = row["comparator_name"], decimals_of(row)
    if not name or row["comparator_value"] is None:
        return ""
    theirs = in_unit(row["comparator_value"], row["unit"], decimals)
    if row["gap"] is not None:
        size = number(abs(row["gap"]), decimals)
        if not float(size.replace(",", "")):
            return f"Rounds to the same as {name} ({theirs})"
        points = row["gap_unit"] == "percentage points"
        amount = f"{size} percentage points" if points else in_unit(abs(row["gap"]), row["unit"], decimals)
        return f"{amount} {'above' if row['gap'] > 0 else 'below'} {name} ({theirs})"
    if row["share_of_comparator"] is not None:
        return f"{number(row['share_of_comparator'], 1)}% of the total of {name} ({theirs})"
    return f"{name}: {theirs}"


def combined_authorities(row: Row) -> str:
    """Rank, median and range among combined authorities; '' for other areas, or where fewer than two have a figure."""
    count = row["ca_count"] or 0
    if count < 2 or not row["ca_rank"]:  # noqa: PLR2004 - a range needs two
        return ""
    median, low, high = (
        in_unit(row[name], row["unit"], decimals_of(row)) for name in ("ca_median", "ca_min", "ca_max")
    )
    best = "highest" if row["polarity"] == "neutral" else "best"
    return f"Rank {row['ca_rank']} of {count} combined authorities (1 = {best}); median {median}, from {low} to {high}"


def trend_code(row: Row) -> str:
    code = {"no significant change": "no_change", "cannot be calculated": "unknown"}.get(row["trend"], row["trend"])
    return code if code in TRENDS else "unknown"


def trend(row: Row) -> str:
    """`Getting better (increasing)`, `No significant change`, `Cannot be calculated: …`."""
    code = trend_code(row)
    if code == "unknown":
        why = f": {row['trend_reason']}" if row["trend_reason"] else ""
        return f"Cannot be calculated{why}"
    said = TRENDS[code]
    return f"{row['trend_judgement']} ({said})".capitalize() if row["trend_judgement"] else said.capitalize()


def change(row: Row, since: str, amount: str, percent: str) -> str:
    """`+3.2% since 2022-23`; percentages change in percentage points."""
    if not row[since] or row[since] == row["period_label"]:
        return ""
    if row[percent] is not None:
        return f"{number(row[percent], 1, sign=True)}% since {row[since]}"
    if row[amount] is None:
        return ""
    decimals = decimals_of(row)
    if row["unit"] == "percent":
        return f"{number(row[amount], decimals, sign=True)} percentage points since {row[since]}"
    return f"{in_unit(row[amount], row['unit'], decimals, sign=True)} since {row[since]}"


def target(row: Row) -> str:
    """What the strategy aims at, and whether the latest figure is on the way there."""
    if not row["target_statement"]:
        return ""
    aim = in_unit(row["target_value"], row["unit"], decimals_of(row)) if row["has_target_value"] else ""
    by = f" ({aim} by {row['target_year']})" if aim and row["target_year"] else f" ({aim})" if aim else ""
    return f"{row['target_statement']}{by}"


def trajectory(said: str | None, reason: str | None) -> str:
    """`Off track: …`; whether a target will be met."""
    known = TRAJECTORIES.get(said or "", "Whether it will be met cannot be said")
    return f"{known}: {reason}" if reason else known


def period(label: str, start: dt.date, end: dt.date) -> str:
    """A period's label as people say it: `1 July 2025`, `December 2025`, `Sep 2024 to Aug 2025`; years as they are."""
    if label == f"{start:%Y-%m-%d}":
        return day(start)
    if label == f"{start:%Y-%m}" and (start.year, start.month) == (end.year, end.month):
        return f"{start:%B %Y}"
    if label == f"{start:%Y-%m} to {end:%Y-%m}":
        return f"{start:%b %Y} to {end:%b %Y}"
    return label


def publisher(slug: str | None) -> str:
    return PUBLISHERS.get(slug or "", slug or "")


def breakdown(name: str | None) -> str:
    """`sex=male` as `Sex: male`; '' for the whole."""
    if not name or name == "total":
        return ""
    dimension, _, value = name.partition("=")
    return f"{dimension.replace('_', ' ').capitalize()}: {value.replace('_', ' ')}"


def built_from(origin: str) -> str:
    kind = origin.partition(":")[0]
    return BUILT_FROM.get(kind, kind)
