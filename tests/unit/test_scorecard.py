"""The scorecard's words, its order and its escaping, on a mart of a few rows."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from orchestration.home import DBT_PROJECT_DIR
from orchestration.scorecard import words
from orchestration.scorecard.charts import Charts
from orchestration.scorecard.model import page as page_of
from orchestration.scorecard.page import harmless_script, map_of, policy, render, tile_places
from orchestration.scorecard.read import Found
from sources.catalogue import load_catalogue

HOME, MEMBER = "E47000004", "E08000012"
MODELS = yaml.safe_load(
    (DBT_PROJECT_DIR / "models" / "marts" / "comparisons" / "comparisons.yml").read_text(encoding="utf-8")
)["models"]
FIGURE: dict[str, Any] = {
    column["name"]: None for model in MODELS if model["name"] == "mart_scorecard" for column in model["columns"]
} | {"has_target_value": False}


def figure(**changes: Any) -> dict[str, Any]:
    """One row of `mart_scorecard`: the employment rate, worse than England."""
    row = FIGURE | {
        "framework_id": "LIS", "framework_name": "Strategy", "theme_id": "PEOPLE", "theme": "People",
        "outcome_id": "7", "outcome": "Work", "measure_id": "7b", "measure_name": "Employment rate",
        "sort_order": 1, "status": "answered", "reason": "Answered by Employment rate", "is_headline": True,
        "indicator_id": "employment_rate", "indicator_name": "Employment rate, aged 16 to 64", "breakdown": "total",
        "role": "primary", "strength": "direct", "area_code": HOME, "area_name": "Liverpool City Region",
        "unit": "percent", "decimals": 1, "polarity": "higher_is_better", "time_period": "2023-01-01/P1Y",
        "period_label": "2023",
        "period_end": dt.date(2023, 12, 31), "age_days": 1057, "value": 72.0, "lower_ci": 69.8, "upper_ci": 74.2,
        "interval_method": "published", "basis": "published", "comparator_name": "England", "comparator_value": 76.0,
        "gap": -4.0, "gap_unit": "percentage points", "judgement": "worse", "ca_count": 15, "ca_rank": 12,
        "ca_median": 73.6, "ca_min": 70.5, "ca_max": 79.4, "spread_position": "within",
        "trend": "no significant change",
        "publisher": "ons", "source_title": "Local statistics", "landing_page": "https://www.ons.gov.uk/x",
        "licence": "Open Government Licence v3.0", "release_date": dt.date(2026, 6, 26), "is_stale": False,
        "has_target_value": False, "verified": True,
    }  # fmt: skip
    return row | changes


def unanswered(**changes: Any) -> dict[str, Any]:
    """A measure without any figure."""
    kept = ("framework_id", "framework_name", "theme_id", "theme", "outcome_id", "outcome", "is_headline")
    row = FIGURE | {name: figure()[name] for name in kept}
    return row | {
        "measure_id": "8z", "measure_name": "Something else", "sort_order": 2, "status": "awaiting_return",
        "reason": "There is no open series", "would_answer": "The authority's own return", "indicator_id": "something",
        "indicator_name": "Something", "decimals": 0, "is_stale": False,
    } | changes  # fmt: skip


def series(area: str, values: list[float]) -> dict[str, Any]:
    blank = [None] * len(values)
    return {
        "indicator_id": "employment_rate", "breakdown": "total", "area_code": area,
        "day": list(range(19_000, 19_000 + len(values))), "label": [str(2022 + n) for n, _ in enumerate(values)],
        "value": values, "low": blank, "high": blank, "comparator": blank, "median": blank, "least": blank,
        "most": blank,
    }  # fmt: skip


def found(*figures: Mapping[str, Any], **changes: Any) -> Found:
    whole = Found(
        build={
            "build_id": "build-7", "built_from": "live", "finished_at": dt.datetime(2026, 11, 22, 19, 21),
            "checks_passed": 1640, "checks_warned": 0, "checks_failed": 0, "published_rows": 20_000,
            "illustrative_rows": 0, "datasets_ok": 58, "datasets_stale": 0, "datasets_missing": 0,
        },
        areas=[
            {"area_code": HOME, "area_name": "Liverpool City Region", "is_home_area": True},
            {"area_code": MEMBER, "area_name": "Liverpool", "is_home_area": False},
        ],
        outcomes=[
            {"framework_id": "LIS", "theme_id": "PEOPLE", "theme_name": "People", "outcome_id": "7",
             "outcome_name": "Work", "description": "More people work"},
            {"framework_id": "LIS", "theme_id": "PEOPLE", "theme_name": "People", "outcome_id": "8",
             "outcome_name": "Trust", "description": None},
        ],
        figures=[dict(row) for row in figures],
        members=[figure(area_code=MEMBER, area_name="Liverpool", value=67.5, ca_rank=None)],
        targets=[],
        periods=[],
        series=[series(HOME, [71.0, 72.0]), series(MEMBER, [66.0, 67.5])],
        boundaries=[],
    )  # fmt: skip
    return replace(whole, **changes)


def rendered(whole: Found) -> str:
    return render(page_of(whole), Charts("", {}))


class Elements(HTMLParser):
    """Names and attributes of all elements, as a browser would make them; what scripts hold is text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs


# --- words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "said"),
    [
        (72.0, "percent", 1, "72.0%"),
        (-0.04, "percent", 1, "0.0%"),
        (-4.25, "percent", 1, "−4.2%"),
        (41.2, "GBP", 2, "£41.20"),
        (35_123.4, "GBP million", 0, "£35,123 million"),
        (-1234.5, "GBP million", 0, "−£1,234 million"),
        (1_234_567.0, "count", 0, "1,234,567"),
        (61.25, "years", 1, "61.2 years"),
        (1928.3, "kt CO2e", 1, "1,928.3 kt CO₂e"),
        (62.0, "GBP per m2", 0, "£62 per m²"),
        (None, "percent", 1, ""),
        (float("nan"), "percent", 1, ""),
    ],
)
def test_figures_are_written_with_their_unit(value: float | None, unit: str, decimals: int, said: str) -> None:
    assert words.in_unit(value, unit, decimals) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "4.0 percentage points below England (76.0%)"),
        ({"gap": 0.04}, "Rounds to the same as England (76.0%)"),
        ({"unit": "GBP", "decimals": 2, "gap": 3.456, "gap_unit": "GBP", "comparator_value": 33.87},
         "£3.46 above England (£33.87)"),
        ({"unit": "count", "decimals": 0, "gap": None, "share_of_comparator": 4.83, "comparator_value": 2_114_533.0},
         "4.8% of the total of England (2,114,533)"),
        ({"comparator_name": None, "comparator_value": None, "gap": None}, ""),
    ],
)  # fmt: skip
def test_gap_is_said_in_words(changes: dict[str, Any], said: str) -> None:
    assert words.gap(figure(**changes)) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Worse than England"),
        ({"judgement": "similar"}, "Similar to England"),
        ({"judgement": "higher"}, "Higher than England"),
        ({"judgement": "not compared"}, "Not compared with England"),
        ({"judgement": "not compared", "comparator_name": None}, "Not compared"),
        ({"judgement": "a word of tomorrow"}, "Not compared with England"),
        ({"judgement": None, "value": None}, "No figure"),
    ],
)
def test_judgement_is_the_mart_s_and_nobody_else_s(changes: dict[str, Any], said: str) -> None:
    assert words.judgement(figure(**changes)) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "No significant change"),
        ({"trend": "decreasing", "trend_judgement": "getting worse"}, "Getting worse (decreasing)"),
        ({"trend": "increasing"}, "Increasing"),
        ({"trend": "cannot be calculated", "trend_reason": "Only 1 period"}, "Cannot be calculated: Only 1 period"),
    ],
)
def test_trend_is_said_in_words(changes: dict[str, Any], said: str) -> None:
    assert words.trend(figure(**changes)) == said


def test_interval_says_who_made_it() -> None:
    assert words.interval(figure()) == "95% confidence interval 69.8% to 74.2%"
    assert words.interval(figure(interval_method="wilson")).endswith(", calculated here from the counts (Wilson)")
    assert words.interval(figure(lower_ci=None)) == ""


def test_combined_authorities_are_named_where_there_is_something_to_compare() -> None:
    said = "Rank 12 of 15 combined authorities (1 = best); median 73.6%, from 70.5% to 79.4%"
    assert words.combined_authorities(figure()) == said
    assert "(1 = highest)" in words.combined_authorities(figure(polarity="neutral"))
    assert words.combined_authorities(figure(ca_count=1, ca_rank=1)) == ""
    assert words.combined_authorities(figure(ca_rank=None)) == ""


@pytest.mark.parametrize(
    ("label", "start", "end", "said"),
    [
        ("2023", dt.date(2023, 1, 1), dt.date(2023, 12, 31), "2023"),
        ("2009-10", dt.date(2009, 4, 1), dt.date(2010, 3, 31), "2009-10"),
        ("2025-12", dt.date(2025, 12, 1), dt.date(2025, 12, 31), "December 2025"),
        ("2025-07-01", dt.date(2025, 7, 1), dt.date(2025, 7, 1), "1 July 2025"),
        ("2024-09 to 2025-08", dt.date(2024, 9, 1), dt.date(2025, 8, 31), "Sep 2024 to Aug 2025"),
    ],
)
def test_periods_are_said_as_people_say_them(label: str, start: dt.date, end: dt.date, said: str) -> None:
    assert words.period(label, start, end) == said


def test_target_has_its_figure_only_where_it_is_about_this_one() -> None:
    aim = {"target_statement": "Triple it by 2032", "target_value": 3.0, "target_year": 2032}
    assert words.target(figure(**aim)) == "Triple it by 2032"
    assert words.target(figure(**aim, has_target_value=True)) == "Triple it by 2032 (3.0% by 2032)"


def test_every_publisher_and_unit_has_its_words() -> None:
    assert {dataset.publisher for dataset in load_catalogue().values()} <= words.PUBLISHERS.keys()
    with (DBT_PROJECT_DIR / "seeds" / "reference" / "units.csv").open(encoding="utf-8") as file:
        grows = {row["unit_measure"] for row in csv.DictReader(file) if row["grows_with_size"] == "true"}
    assert grows == words.GROWS_WITH_SIZE


# --- order and content ------------------------------------------------------------------------------------


def test_every_measure_and_outcome_is_there_answered_or_not() -> None:
    (people,) = page_of(found(figure(), unanswered())).themes
    work, trust = people.outcomes
    assert [(measure.measure_id, measure.status_words) for measure in work.measures] == [
        ("7b", "Answered"),
        ("8z", "Awaiting a return"),
    ]
    assert trust.measures == []
    html = rendered(found(figure(), unanswered()))
    for said in ("There is no open series", "The authority&#39;s own return", "sets no measure for this outcome"):
        assert said in html


def test_other_figures_of_a_measure_stand_behind_its_headline() -> None:
    (measure,) = page_of(
        found(
            figure(indicator_id="other", role="proxy", is_headline=False, breakdown="sex=male"),
        )
    ).measures
    assert measure.headline is None
    first, second = figure(), figure(breakdown="sex=male", is_headline=False, role="proxy")
    (measure,) = page_of(found(first, second)).measures
    assert measure.headline is not None
    assert measure.headline.name == "Employment rate, aged 16 to 64"
    assert [other.name for other in measure.others] == ["Employment rate, aged 16 to 64 (Sex: male)"]
    assert measure.others[0].marks == [("proxy", "Proxy")]


def test_member_has_its_own_words_and_cells() -> None:
    data = page_of(found(figure())).data
    (known,) = data["measures"]["7b"]["figures"].values()
    assert known["areas"][HOME]["said"]["value"] == "72.0%"
    assert known["areas"][MEMBER]["said"]["value"] == "67.5%"
    assert "ranked" not in known["areas"][MEMBER]["said"]
    row = data["measures"]["7b"]["cells"] + known["cells"] + known["areas"][MEMBER]["cells"]
    cells = dict(zip(data["header"], row, strict=True))
    assert (cells["measure_id"], cells["area"], cells["value"], cells["gap"]) == ("7b", "Liverpool", 67.5, -4.0)
    assert data["series"]["employment_rate|total"][HOME]["value"] == [71.0, 72.0]


def test_stale_source_and_overdue_release_are_told() -> None:
    stale = rendered(found(figure(is_stale=True)))
    assert "the last attempt to refresh the source failed. Shown is its last good release, of 26 June 2026." in stale
    late = rendered(found(figure(days_overdue=119, next_due=dt.date(2026, 7, 26))))
    assert "Overdue: a newer release was due on 26 July 2026, 119 days before this build." in late


def test_banner_stands_where_figures_are_invented_or_the_build_is_a_sample() -> None:
    assert 'role="note"' not in rendered(found(figure()))
    invented = rendered(found(figure(basis="illustrative", status="illustrative_only")))
    assert "1 of 1 measures show invented figures." in invented
    assert "Illustrative: an invented figure" in invented
    assert "This is a sample build" not in invented
    sample = found(figure())
    assert "This is a sample build" in rendered(replace(sample, build=sample.build | {"built_from": "sample"}))


def test_folder_that_a_mirror_was_read_from_stays_private() -> None:
    mirrored = found(figure())
    html = rendered(replace(mirrored, build=mirrored.build | {"built_from": "mirror:/files/of/clerk"}))
    assert "from files downloaded by hand" in html
    assert "clerk" not in html


def test_label_that_a_month_and_a_year_share_stays() -> None:
    periods = [
        {"period_label": "2009-10", "period_start": dt.date(2009, 4, 1), "period_end": dt.date(2010, 3, 31)},
        {"period_label": "2009-10", "period_start": dt.date(2009, 10, 1), "period_end": dt.date(2009, 10, 31)},
        {"period_label": "2025-12", "period_start": dt.date(2025, 12, 1), "period_end": dt.date(2025, 12, 31)},
    ]
    year, month = (
        page_of(found(figure(period_label=label), periods=periods)).measures[0].figures[0].said["period"]
        for label in ("2009-10", "2025-12")
    )
    assert (year, month) == ("2009-10", "December 2025")


def test_mart_without_a_home_area_has_no_page() -> None:
    with pytest.raises(ValueError, match="expected one area with is_home_area, found none"):
        page_of(found(figure(), areas=[]))


# --- what publishers write is text ------------------------------------------------------------------------

HOSTILE = "</script><img src=x onerror=alert(1)>\u2028'\"&<!--"


@pytest.mark.parametrize(
    "name",
    ["source_title", "measure_name", "indicator_name", "definition", "caveat", "reason", "attribution", "area_name",
     "judgement_reason", "trend_reason", "target_statement", "licence", "citation", "what_differs", "period_label"],
)  # fmt: skip
def test_text_of_a_publisher_stays_text(name: str) -> None:
    good = Elements(rendered(found(figure(target_statement="x"), unanswered())))
    bad = Elements(rendered(found(figure(**{"target_statement": "x", name: HOSTILE}), unanswered())))
    assert "img" not in bad.names
    assert not [attribute for attribute, _ in bad.attributes if attribute.startswith("on")]
    assert bad.names.count("script") == good.names.count("script")


def test_data_of_the_page_says_hostile_text_unchanged() -> None:
    html = rendered(found(figure(reason=HOSTILE)))
    embedded = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    assert embedded is not None
    assert HOSTILE in json.loads(embedded[1])["measures"]["7b"]["cells"]


def test_address_that_runs_code_is_no_link() -> None:
    html = rendered(found(figure(landing_page="javascript:alert(1)", source_url="data:text/html,x")))
    assert 'href="javascript' not in html
    assert 'href="data:' not in html


def test_cell_of_the_csv_never_becomes_a_formula() -> None:
    (known,) = page_of(found(figure(source_title="=cmd|' /C calc'!A0"))).data["measures"]["7b"]["figures"].values()
    assert "'=cmd|' /C calc'!A0" in known["cells"]


def test_policy_forbids_every_connection_and_foreign_script() -> None:
    assert policy(["one", "two"], ["style"]).startswith("default-src 'none'; script-src 'sha256-")
    html = rendered(found(figure()))
    said = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert said is not None
    assert "unsafe" not in said[1]
    assert "connect-src" not in said[1]  # falls back to none
    assert not re.search(r'\sstyle="|<link|<script[^>]+src=|@import|url\(', html)


def test_script_is_embedded_as_a_parser_keeps_it() -> None:
    assert harmless_script('a = "</script>";\r\nb = "<!--";\r') == 'a = "<\\/script>";\nb = "<\\!--";\n'


# --- the map ----------------------------------------------------------------------------------------------

SQUARE = '{"type": "Polygon", "coordinates": [[[-3.0, 53.4], [-2.9, 53.4], [-2.9, 53.5], [-3.0, 53.4]]]}'


def boundary(**changes: Any) -> dict[str, Any]:
    return {
        "area_code": MEMBER, "area_name": "<Liverpool>", "geojson": SQUARE, "basis": "published", "tile_column": 2,
        "tile_row": 3, "attribution": "Contains OS data",
    } | changes  # fmt: skip


def test_map_is_drawn_from_published_boundaries_only() -> None:
    drawn = map_of([boundary()])
    assert f'<path data-area="{MEMBER}" d="M' in drawn
    assert "<title>&lt;Liverpool&gt;</title>" in drawn
    assert '<p class="small">Contains OS data</p>' in drawn
    for rows in ([], [boundary(basis=None, geojson=None)], [boundary(), boundary(basis="illustrative")]):
        assert map_of(rows) == ""


def test_tiles_lie_where_the_table_puts_them() -> None:
    rows = [boundary(), boundary(area_code="E08000011", tile_column=3, tile_row=2)]
    assert ".tiles{grid-template-columns:repeat(2," in tile_places(rows)
    assert '.tiles [data-area="E08000012"]{grid-area:3/1}' in tile_places(rows)
    assert '.tiles [data-area="E08000011"]{grid-area:2/2}' in tile_places(rows)
    assert tile_places([*rows, boundary(tile_row=None)]) == ""


def test_mart_that_lacks_a_table_is_an_error_not_an_empty_page(tmp_path: Path) -> None:
    from orchestration.scorecard.page import write_page

    with duckdb.connect(tmp_path / "half.duckdb") as con:
        con.execute("create schema mart; create table mart.build as select 'b' as build_id")
    with pytest.raises(duckdb.CatalogException):
        write_page(tmp_path / "half.duckdb", tmp_path / "scorecard.html", tmp_path)
    assert not (tmp_path / "scorecard.html").exists()
