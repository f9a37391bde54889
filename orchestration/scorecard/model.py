"""The page's content in its order: themes, outcomes, measures, figures, and for every figure what is said of each area.

Text for people is made here once, for the area itself and for its members; the page's script only puts it into place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from orchestration.scorecard import words
from orchestration.scorecard.read import Found
from orchestration.scorecard.words import Row
from sources.spreadsheet import harmless

MEASURE_CELLS = ("measure_id", "measure", "theme", "outcome", "status", "reason", "would_answer")
FIGURE_CELLS = (
    "indicator", "breakdown", "role", "what_differs", "unit", "basis", "publisher", "source", "source_url", "licence",
    "attribution", "release_date", "build_id",
)  # fmt: skip
AREA_CELLS = (
    "area_code", "area", "period", "value", "lower_95", "upper_95", "comparator", "comparator_value", "gap",
    "judgement", "judgement_reason", "rank_among_combined_authorities", "combined_authorities", "trend",
)  # fmt: skip
CSV_HEADER = (*MEASURE_CELLS, *FIGURE_CELLS, *AREA_CELLS)


@dataclass(frozen=True)
class Figure:
    """One indicator in one breakdown that speaks to a measure, with what is said of the area it is read from."""

    key: str
    row: Row
    said: dict[str, str]
    name: str
    marks: list[tuple[str, str]]
    about: list[tuple[str, str]]
    source: tuple[str, str | None]
    released: str
    target: str
    trajectory: str
    late: str
    has_chart: bool

    @property
    def own_area(self) -> str:
        return str(self.row["area_name"] or "")


@dataclass(frozen=True)
class Measure:
    """One measure of the framework: answered, or why not and what would answer it."""

    measure_id: str
    name: str
    theme_id: str
    status: str
    status_words: str
    reason: str
    would_answer: str
    headline: Figure | None
    others: list[Figure]
    notices: list[str]

    @property
    def anchor(self) -> str:
        return f"measure-{self.measure_id}"

    @property
    def figures(self) -> list[Figure]:
        return [self.headline, *self.others] if self.headline else self.others


@dataclass(frozen=True)
class Outcome:
    name: str
    description: str
    targets: list[tuple[str, str]]
    measures: list[Measure]


@dataclass(frozen=True)
class Theme:
    theme_id: str
    name: str
    outcomes: list[Outcome]

    @property
    def measures(self) -> list[Measure]:
        return [measure for outcome in self.outcomes for measure in outcome.measures]


@dataclass(frozen=True)
class Page:
    """Everything the template shows, and `data` for the page's script."""

    home: Row
    areas: list[Row]
    themes: list[Theme]
    build: dict[str, str]
    frameworks: str
    is_sample: bool
    illustrative: int
    without_figure: int
    statuses: list[tuple[str, str, str, int]]
    judgements: list[tuple[str, str, int]]
    boundaries: list[Row]
    data: dict[str, Any] = field(repr=False)

    @property
    def measures(self) -> list[Measure]:
        return [measure for theme in self.themes for measure in theme.measures]


def page(found: Found) -> Page:
    """The page of one build. Raises ValueError where the mart knows no home area."""
    home = next((area for area in found.areas if area["is_home_area"]), None)
    if home is None:
        raise ValueError("mart.dim_area: expected one area with is_home_area, found none; see var home_area of dbt")
    found = _with_periods_in_words(found)
    by_measure = {key: list(rows) for key, rows in groupby(found.figures, key=lambda row: row["measure_id"])}
    members = {
        key: list(rows) for key, rows in groupby(found.members, key=lambda row: (row["indicator_id"], row["breakdown"]))
    }
    drawn = {
        key: list(rows) for key, rows in groupby(found.series, key=lambda row: (row["indicator_id"], row["breakdown"]))
    }
    measures = [_measure(rows, drawn) for rows in by_measure.values()]
    rows_of_outcome = {rows[0]["measure_id"]: rows[0] for rows in by_measure.values()}
    build_id = str(found.build["build_id"])
    return Page(
        home=home,
        areas=found.areas,
        themes=_themes(found, measures, rows_of_outcome),
        build=_build(found.build),
        frameworks="; and of the ".join(dict.fromkeys(row["framework_name"] for row in found.figures)),
        is_sample=found.build["built_from"] == "sample",
        illustrative=sum(
            any(figure.row["basis"] == "illustrative" for figure in measure.figures) for measure in measures
        ),
        without_figure=sum(measure.headline is None for measure in measures),
        statuses=_statuses(measures),
        judgements=_judgements(measures),
        boundaries=found.boundaries,
        data={
            "home": home["area_code"],
            "areas": {area["area_code"]: area["area_name"] for area in found.areas},
            "build": build_id,
            "header": CSV_HEADER,
            "series": {_series_key(key): _series(rows) for key, rows in drawn.items()},
            "measures": {
                measure.measure_id: _measure_data(measure, by_measure[measure.measure_id], members, home, build_id)
                for measure in measures
            },
        },
    )


def _with_periods_in_words(found: Found) -> Found:
    """Labels of periods as people say them; one that two periods share (2009-10, a year or a month) stays."""
    said: dict[str, set[str]] = {}
    for row in found.periods:
        words_of_period = words.period(row["period_label"], row["period_start"], row["period_end"])
        said.setdefault(row["period_label"], set()).add(words_of_period)
    known = {label: min(texts) if len(texts) == 1 else label for label, texts in said.items()}

    def worded(row: Row) -> Row:
        labels = ("period_label", "previous_period_label", "baseline_period_label")
        return row | {name: known.get(row[name], row[name]) for name in labels}

    return replace(
        found,
        figures=[worded(row) for row in found.figures],
        members=[worded(row) for row in found.members],
        series=[row | {"label": [known.get(label, label) for label in row["label"]]} for row in found.series],
    )


def _measure(rows: list[Row], drawn: Mapping[tuple[str, str], list[Row]]) -> Measure:
    first = rows[0]
    figures = [
        _figure(row, f"{row['measure_id']}-{number}", drawn)
        for number, row in enumerate(rows)
        if row["time_period"] is not None
    ]
    headline = figures[0] if figures and figures[0].row["is_headline"] else None
    return Measure(
        measure_id=first["measure_id"],
        name=first["measure_name"],
        theme_id=first["theme_id"],
        status=first["status"],
        status_words=words.STATUSES[first["status"]],
        reason=first["reason"] or "",
        would_answer=first["would_answer"] or "",
        headline=headline,
        others=figures[1:] if headline else figures,
        notices=_notices(figures),
    )


def _notices(figures: list[Figure]) -> list[str]:
    """What a reader must know before the figures: a source failed, and its last good release serves."""
    stale: dict[str, list[str]] = {}
    for figure in figures:
        if figure.row["is_stale"]:
            stale.setdefault(words.day(figure.row["release_date"]), []).append(figure.name)
    return [
        f"{', '.join(names)}: the last attempt to refresh the source failed. Shown is its last good release, of {day}."
        for day, names in stale.items()
    ]


def _late(row: Row) -> str:
    if (row["days_overdue"] or 0) <= 0:
        return ""
    due = words.day(row["next_due"])
    return f"Overdue: a newer release was due on {due}, {row['days_overdue']:,} days before this build"


def said_of(row: Row) -> dict[str, str]:
    """What is said of one figure for one area, by the place (slot) on the page where it stands."""
    code = words.judgement_code(row)
    return {
        "value": words.in_unit(row["value"], row["unit"], words.decimals_of(row)),
        "period": row["period_label"] or row["time_period"] or "",
        "interval": words.interval(row),
        "judgement_code": code,
        "judgement": words.judgement(row),
        "judgement_reason": row["judgement_reason"] or "",
        "gap": words.gap(row),
        "ranked": words.combined_authorities(row),
        "spread": words.SPREADS.get(row["spread_position"] or "", ""),
        "trend_code": words.trend_code(row),
        "trend": words.trend(row),
        "change": words.change(row, "previous_period_label", "change", "change_pct"),
        "baseline": words.change(
            row, "baseline_period_label", "change_since_baseline", "change_since_baseline_pct"
        ),
        "ended": f"Period ended {words.day(row['period_end'])}, {row['age_days']:,} days before this build.",
    }  # fmt: skip


def _figure(row: Row, key: str, drawn: Mapping[tuple[str, str], list[Row]]) -> Figure:
    breakdown = words.breakdown(row["breakdown"])
    name = f"{row['indicator_name']} ({breakdown})" if breakdown else str(row["indicator_name"])
    return Figure(
        key=key,
        row=row,
        said=said_of(row),
        name=name,
        marks=_marks(row),
        about=_about(row),
        source=(
            ", ".join(filter(None, (words.publisher(row["publisher"]), row["source_title"]))),
            link(row["landing_page"]) or link(row["source_url"]),
        ),
        released=_released(row),
        target=words.target(row),
        trajectory=words.trajectory(row["trajectory"], row["trajectory_reason"]) if row["target_statement"] else "",
        late=_late(row),
        has_chart=(row["indicator_id"], row["breakdown"]) in drawn,
    )


def link(address: str | None) -> str | None:
    """An address that may be followed: the web's, never a script's."""
    return address if address and address.startswith(("https://", "http://")) else None


def _marks(row: Row) -> list[tuple[str, str]]:
    """What sets the figure apart from a published figure of the measure itself: a code and its words."""
    marks = []
    if row["basis"] == "illustrative":
        marks.append(("illustrative", "Illustrative: an invented figure"))
    if (row["strength"] or "").startswith("weak"):
        marks.append(("weak", "Weak proxy"))
    elif row["role"] == "proxy":
        marks.append(("proxy", "Proxy"))
    return marks


def _released(row: Row) -> str:
    due = f"; next release due {words.day(row['next_due'])}" if row["next_due"] and not _late(row) else ""
    return f"Released {words.day(row['release_date'])}{due}." if row["release_date"] else ""


def _about(row: Row) -> list[tuple[str, str]]:
    """Everything else that is known of a figure, as pairs of term and text; unknown ones are left out."""
    known = (
        ("Definition", row["definition"]),
        ("What differs from the measure", row["what_differs"]),
        ("Caveat", row["caveat"]),
        ("Stated baseline", row["stated_baseline"]),
        ("How the value was made", words.ORIGINS.get(row["value_origin"] or "", row["value_origin"])),
        ("Licence", words.LICENCES.get(row["licence"], row["licence"])),
        ("Attribution", row["attribution"]),
        ("Citation", row["citation"]),
        ("Release", row["release_id"]),
        ("Released", words.day(row["release_date"])),
        ("Retrieved", words.day(row["retrieved_at"])),
        ("File, SHA-256", row["sha256"]),
        ("Row of the file", row["source_locator"]),
        ("Not yet verified", "" if row["verified"] in (True, None) else NOT_VERIFIED),
        ("Trace it", f"outcomes trace {row['indicator_id']} {row['area_code']}"),
    )
    return [(term, str(text)) for term, text in known if text]


NOT_VERIFIED = "The layout of this source has not been read in a file of its publisher yet"


def _themes(found: Found, measures: list[Measure], rows: Mapping[str, Row]) -> list[Theme]:
    """Themes in their order, with every outcome, those without a measure as well."""
    of_outcome: dict[tuple[str, str], list[Measure]] = {}
    for measure in measures:
        row = rows[measure.measure_id]
        of_outcome.setdefault((row["framework_id"], str(row["outcome_id"])), []).append(measure)
    aims: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in found.targets:
        said = (row["statement"], words.trajectory(row["trajectory"], row["reason"]))
        aims.setdefault((row["framework_id"], str(row["outcome_id"])), []).append(said)
    return [
        Theme(
            theme_id=theme_id,
            name=name,
            outcomes=[
                Outcome(
                    row["outcome_name"],
                    row["description"] or "",
                    aims.get((row["framework_id"], str(row["outcome_id"])), []),
                    of_outcome.get((row["framework_id"], str(row["outcome_id"])), []),
                )
                for row in group
            ],
        )
        for (theme_id, name), group in groupby(found.outcomes, key=lambda row: (row["theme_id"], row["theme_name"]))
    ]


def _build(build: Row) -> dict[str, str]:
    finished = build["finished_at"]
    return {
        "id": str(build["build_id"]),
        "from": words.built_from(build["built_from"]),
        "finished": f"{words.day(finished)}, {finished:%H:%M} UTC",
        "checks": f"{build['checks_passed']:,} passed, {build['checks_warned']:,} warned, "
        f"{build['checks_failed']:,} failed",
        "rows": f"{build['published_rows']:,} published, {build['illustrative_rows']:,} illustrative",
        "datasets": f"{build['datasets_ok']:,} fresh, {build['datasets_stale']:,} stale, "
        f"{build['datasets_missing']:,} missing",
    }


def _statuses(measures: list[Measure]) -> list[tuple[str, str, str, int]]:
    found = Counter(measure.status for measure in measures)
    return [
        (code, said, words.STATUS_MEANINGS[code], found[code]) for code, said in words.STATUSES.items() if found[code]
    ]


def _judgements(measures: list[Measure]) -> list[tuple[str, str, int]]:
    found = Counter(
        measure.headline.said["judgement_code"] for measure in measures if measure.headline
    )  # fmt: skip
    return [(code, said.removesuffix(" than").removesuffix(" to").removesuffix(" with"), found[code])
            for code, said in words.JUDGEMENTS.items()]  # fmt: skip


# --- what the page's script needs -------------------------------------------------------------------------


def _series_key(key: tuple[str, str]) -> str:
    return "|".join(key)


def _series(rows: list[Row]) -> dict[str, Any]:
    """Points of every area; what no area has is left out."""
    wide = ("day", "label", "value", "low", "high", "comparator", "median", "least", "most")
    return {
        row["area_code"]: {name: row[name] for name in wide if any(item is not None for item in row[name])}
        for row in rows
    }


def _measure_data(
    measure: Measure,
    rows: list[Row],
    members: Mapping[tuple[str, str], list[Row]],
    home: Row,
    build_id: str,
) -> dict[str, Any]:
    """Figures of a measure with what is said of each area, and the cells of its CSV rows."""
    first = rows[0]
    return {
        "cells": _cells(
            (
                measure.measure_id,
                measure.name,
                first["theme"],
                first["outcome"],
                measure.status,
                measure.reason,
                measure.would_answer,
            )
        ),
        "figures": {
            figure.key: {
                "series": _series_key((figure.row["indicator_id"], figure.row["breakdown"])),
                "name": figure.name,
                "unit": figure.row["unit"],
                "decimals": words.decimals_of(figure.row),
                "comparator": figure.row["comparator_name"] or "England",
                "own": figure.row["area_code"],
                "ownName": figure.own_area,
                "illustrative": figure.row["basis"] == "illustrative",
                "together": figure.row["unit"] not in words.GROWS_WITH_SIZE,
                "target": figure.row["target_value"] if figure.row["has_target_value"] else None,
                "cells": _figure_cells(figure, build_id),
                "areas": {
                    row["area_code"]: {
                        "said": {slot: text for slot, text in said_of(row).items() if text},
                        "cells": _area_cells(row),
                    }
                    for row in (
                        figure.row,
                        *members.get((figure.row["indicator_id"], figure.row["breakdown"]), []),
                    )
                },
            }
            for figure in measure.figures
        },
        "home": home["area_code"],
    }


def _figure_cells(figure: Figure, build_id: str) -> list[Any]:
    row = figure.row
    return _cells(
        (
            row["indicator_name"],
            row["breakdown"],
            row["role"],
            row["what_differs"],
            row["unit"],
            row["basis"],
            words.publisher(row["publisher"]),
            row["source_title"],
            row["source_url"],
            row["licence"],
            row["attribution"],
            str(row["release_date"] or ""),
            build_id,
        )
    )


def _area_cells(row: Row) -> list[Any]:
    decimals = words.decimals_of(row)
    gap = None if row["gap"] is None else round(row["gap"], decimals)
    return _cells(
        (
            row["area_code"],
            row["area_name"],
            row["period_label"],
            _plain(row["value"], decimals),
            _plain(row["lower_ci"], decimals),
            _plain(row["upper_ci"], decimals),
            row["comparator_name"],
            _plain(row["comparator_value"], decimals),
            _plain(gap, decimals),
            row["judgement"],
            row["judgement_reason"],
            row["ca_rank"],
            row["ca_count"],
            row["trend"],
        )
    )


def _plain(value: float | None, decimals: int) -> float | int | None:
    """A number for a spreadsheet: no separators, no `.0` behind what is counted."""
    if value is None:
        return None
    return value if decimals > 0 else round(value)


def _cells(values: Iterable[Any]) -> list[Any]:
    """Cells of a CSV file: no text of a publisher may run in a spreadsheet."""
    return [harmless(value) if isinstance(value, str) else "" if value is None else value for value in values]
