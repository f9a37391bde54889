"""The scorecard as its readers use it: with a mouse, a keyboard, a phone, a screen reader, and on paper."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from orchestration.home import Home
from tests.browser.screens import DESKTOP, PHONE, Opener

pytestmark = [pytest.mark.browser, pytest.mark.end_to_end]

LIVERPOOL, KNOWSLEY = "E08000012", "E08000011"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


def shown(page: Page) -> list[str]:
    """Measures that the page shows, in its order."""
    return page.locator(".measure:visible").evaluate_all("cards => cards.map(card => card.dataset.measure)")


def card(measure: str) -> str:
    return f'[id="measure-{measure}"]'


def downloaded(page: Page) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


# --- what it shows ----------------------------------------------------------------------------------------


def test_page_is_one_small_file_that_paints_at_once(sample_home: Home, opened: Opener) -> None:
    size = sample_home.scorecard.stat().st_size
    assert size < 3_000_000
    page = opened()
    page.wait_for_load_state("load")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    print(f"scorecard: {size:,} bytes, first contentful paint after {painted} ms")


def test_every_measure_is_there_with_the_mart_s_figure(mart: duckdb.DuckDBPyConnection, opened: Opener) -> None:
    expected = mart.execute(
        "select measure_id, round(value, cast(decimals as integer)), decimals from mart.mart_scorecard "
        "where is_headline order by sort_order"
    ).fetchall()
    page = opened()
    coverage = mart.execute("select measure_id from mart.mart_measure_coverage order by sort_order").fetchall()
    assert sorted(shown(page)) == sorted(measure for (measure,) in coverage)
    texts = page.locator(".measure").evaluate_all(
        "cards => cards.map(card => [card.dataset.measure, card.querySelector('[data-slot=value]')?.textContent ?? ''])"
    )
    for measure, value, decimals in expected:
        text = dict(texts)[measure]
        if value is None:
            assert text == "", measure
        else:
            assert f"{abs(value):,.{decimals}f}" in text, measure
            assert ("\N{MINUS SIGN}" in text) == (value < 0), measure


def test_unanswered_measures_say_why_and_what_would_answer(mart: duckdb.DuckDBPyConnection, opened: Opener) -> None:
    rows = mart.execute(
        "select measure_id, status, reason, would_answer from mart.mart_measure_coverage where status <> 'answered'"
    ).fetchall()
    assert rows
    page = opened()
    for measure, _, reason, would_answer in rows:
        said = page.locator(card(measure)).inner_text()
        assert reason in said
        assert (would_answer or "") in said


def test_sample_and_invented_figures_are_told(mart: duckdb.DuckDBPyConnection, opened: Opener) -> None:
    page = opened()
    expect(page.get_by_role("note", name="Illustrative figures")).to_contain_text("This is a sample build")
    invented = mart.execute(
        "select distinct measure_id from mart.mart_scorecard where basis = 'illustrative' and is_headline"
    ).fetchall()
    assert invented
    for (measure,) in invented:
        expect(page.locator(card(measure)).first).to_contain_text("Illustrative: an invented figure")


# --- finding a measure ------------------------------------------------------------------------------------


def test_filters_narrow_what_is_shown(mart: duckdb.DuckDBPyConnection, opened: Opener) -> None:
    page = opened()
    page.get_by_role("combobox", name="Theme").select_option("Clean growth")
    page.get_by_role("combobox", name="Status").select_option("answered")
    rows = mart.execute(
        "select measure_id from mart.mart_measure_coverage where theme = 'Clean growth' and status = 'answered' "
        "order by sort_order"
    ).fetchall()
    assert shown(page) == [measure for (measure,) in rows] != []
    expect(page.get_by_role("status")).to_contain_text(f"Showing {len(rows)} of 88 measures")
    assert "theme=CLEAN_GROWTH&status=answered" in page.url
    page.get_by_role("button", name="Clear").click()
    assert len(shown(page)) == 88
    page.get_by_role("searchbox", name="Search").fill("gigabit non-residential")
    assert shown(page) == ["16d"]
    page.get_by_role("searchbox", name="Search").fill("no such thing & 100 %")
    assert shown(page) == []
    expect(page.get_by_text("No measure matches")).to_be_visible()
    page.reload()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("no such thing & 100 %")
    assert shown(page) == []


def test_comparison_filter_shows_what_the_mart_judged(mart: duckdb.DuckDBPyConnection, opened: Opener) -> None:
    rows = mart.execute(
        "select measure_id from mart.mart_scorecard where is_headline and judgement = 'worse' order by sort_order"
    ).fetchall()
    page = opened()
    page.get_by_role("combobox", name="Compared").select_option("worse")
    assert shown(page) == [measure for (measure,) in rows] != []


def test_link_leads_to_its_measure_and_restores_area_and_filters(opened: Opener) -> None:
    page = opened(f"#measure-7b&area={LIVERPOOL}&theme=PEOPLE")
    expect(page.locator(card("7b"))).to_be_in_viewport()
    expect(page.locator(card("7b"))).to_be_focused()
    expect(page.get_by_role("combobox", name="Area")).to_have_value(LIVERPOOL)
    expect(page.get_by_role("combobox", name="Theme")).to_have_value("PEOPLE")
    assert "2.overall" not in shown(page)
    page = opened("#measure-2.living_environment")
    expect(page.locator(card("2.living_environment"))).to_be_in_viewport()
    page = opened("#measure-1a&theme=PEOPLE")  # the measure counts more than a filter that hides it
    expect(page.locator(card("1a"))).to_be_in_viewport()


# --- an authority in place of the whole -------------------------------------------------------------------


def test_chosen_authority_replaces_values_charts_and_comparisons(
    mart: duckdb.DuckDBPyConnection, opened: Opener, keep: Callable[[Page, str], None]
) -> None:
    page = opened("#measure-7b")
    page.get_by_role("button", name="Liverpool", exact=True).click()
    value, decimals, judgement, comparator = mart.execute(
        "select value, decimals, judgement, comparator_name from mart.mart_comparison "
        "inner join mart.dim_indicator using (indicator_id) "
        "where indicator_id = 'employment_rate' and breakdown = 'total' and area_code = ? and basis = 'published' "
        "order by period_end desc limit 1",
        [LIVERPOOL],
    ).fetchone()
    seven = page.locator(card("7b"))
    expect(seven.locator("[data-slot=value]").first).to_have_text(f"{value:.{decimals}f}%")
    expect(seven.locator("[data-slot=judgement]").first).to_have_text(f"{judgement.capitalize()} than {comparator}")
    expect(seven.locator("[data-slot=place]").first).to_have_text("Liverpool")
    expect(page.get_by_role("button", name="Liverpool", exact=True)).to_have_attribute("aria-pressed", "true")
    seven.scroll_into_view_if_needed()
    expect(seven.locator(".plot svg").first).to_be_visible()
    assert "Liverpool: 2014 to" in (seven.locator(".plot").first.get_attribute("aria-label") or "")
    expect(seven.locator(".key").first).to_contain_text("Liverpool City Region")  # the whole, for comparison
    keep(page, "desktop-authority")


def test_authority_without_a_figure_says_so(mart: duckdb.DuckDBPyConnection, opened: Opener) -> None:
    (measure,) = mart.execute(
        "select measure_id from mart.mart_scorecard as scorecard where is_headline and time_period is not null "
        "and not exists (from mart.mart_comparison as compared where compared.indicator_id = scorecard.indicator_id "
        "and compared.breakdown = scorecard.breakdown and compared.area_code = ?) order by sort_order limit 1",
        [KNOWSLEY],
    ).fetchone()
    page = opened(f"#measure-{measure}&area={KNOWSLEY}")
    expect(page.locator(card(measure))).to_contain_text("No figure of it for Knowsley is loaded")
    row = next(row for row in downloaded(page) if row["measure_id"] == measure)
    assert (row["area"], row["value"]) == ("Knowsley", "")


# --- charts and tables ------------------------------------------------------------------------------------


def test_charts_are_drawn_where_the_reader_is(opened: Opener) -> None:
    page = opened("#measure-7a")
    plot = page.locator(card("7a")).locator(".plot").first
    expect(plot.locator("svg")).to_be_visible()
    assert plot.locator("path").count() > 5
    label = plot.get_attribute("aria-label") or ""
    assert label.startswith("Chart of Economic inactivity")
    assert "England:" in label
    assert page.locator(".plot svg").count() < page.locator(".plot").count() / 2


def test_table_beside_a_chart_holds_the_mart_s_values(mart: duckdb.DuckDBPyConnection, opened: Opener) -> None:
    rows = mart.execute(
        "select period_label, value, decimals from mart.mart_indicator_series where indicator_id = 'employment_rate' "
        "and breakdown = 'total' and area_code = 'E47000004' and basis = 'published' and value is not null "
        "order by period_end"
    ).fetchall()
    page = opened("#measure-7b")
    page.locator(card("7b")).get_by_text("Table of values").first.click()
    table = page.locator(card("7b")).get_by_role("table").first
    found = table.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    assert [row[:2] for row in found] == [[label, f"{value:.{decimals}f}"] for label, value, decimals in rows]
    page.locator(card("7b")).get_by_text("Every authority").first.click()
    authorities = page.locator(card("7b")).get_by_role("table", name="newest figure")
    assert authorities.locator("tbody tr").count() == 7


def test_page_prints_with_every_chart(opened: Opener, tmp_path: Path) -> None:
    page = opened("#theme=PEOPLE")
    page.locator(".measure:visible").first.scroll_into_view_if_needed()
    page.locator(".plot svg").first.wait_for(state="attached")
    page.pdf(path=tmp_path / "people.pdf")
    plots = page.locator(".measure:visible .plot:visible")
    without = plots.evaluate_all("plots => plots.filter(plot => !plot.querySelector('svg')).length")
    assert plots.count() > 10
    assert without == 0
    assert (tmp_path / "people.pdf").stat().st_size > 50_000


# --- CSV --------------------------------------------------------------------------------------------------


def test_csv_holds_what_is_shown(mart: duckdb.DuckDBPyConnection, opened: Opener) -> None:
    page = opened("#theme=INCLUSIVE_ECONOMY")
    rows = downloaded(page)
    assert list(dict.fromkeys(row["measure_id"] for row in rows)) == shown(page)
    expected = mart.execute(
        "select measure_id, indicator_name, breakdown, round(value, cast(decimals as integer)), licence "
        "from mart.mart_scorecard where theme = 'Inclusive economy'"
    ).fetchall()
    found = [
        (row["measure_id"], row["indicator"], row["breakdown"], float(row["value"]) if row["value"] else None,
         row["licence"])
        for row in rows
    ]  # fmt: skip
    assert sorted(found, key=str) == sorted(
        ((measure, name or "", part or "", value, licence or "") for measure, name, part, value, licence in expected),
        key=str,
    )
    whole = opened()
    assert {row["measure_id"] for row in downloaded(whole)} == set(shown(whole))


# --- everybody --------------------------------------------------------------------------------------------


THEME, AUTHORITY = "#theme=BUSINESS_ENVIRONMENT", f"#measure-5b&area={LIVERPOOL}&theme=PEOPLE"


@pytest.mark.parametrize(
    ("name", "fragment", "viewport", "scheme"),
    [
        ("desktop-light-theme", THEME, DESKTOP, "light"),
        ("desktop-dark-authority", AUTHORITY, DESKTOP, "dark"),
        ("phone-light-authority", AUTHORITY, PHONE, "light"),
        ("phone-dark-theme", THEME, PHONE, "dark"),
    ],
    ids=["theme on a desktop", "authority in the dark", "authority on a phone", "theme on a phone in the dark"],
)
def test_nothing_stands_in_anybody_s_way(
    opened: Opener, name: str, fragment: str, viewport: dict[str, int], scheme: str, keep: Callable[[Page, str], None]
) -> None:
    page = opened(fragment, viewport, scheme)
    open_details(page)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    keep(page, name)


def test_whole_page_as_it_opens_is_accessible(opened: Opener, keep: Callable[[Page, str], None]) -> None:
    page = opened()
    assert violations(page) == []
    keep(page, "desktop-top")
    page = opened("", PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    keep(page, "phone-top")


def open_details(page: Page) -> None:
    """The first measure in view with all its details open, and its chart drawn."""
    page.locator(".measure:visible").first.scroll_into_view_if_needed()
    page.locator(".measure:visible").first.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    page.locator(".measure:visible .plot svg").first.wait_for(state="attached")


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {node['html'][:160]} {node['failureSummary']}" for one in found for node in one["nodes"]]


def test_keyboard_reaches_everything_and_is_never_hidden(opened: Opener) -> None:
    page = opened()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the measures")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#measures")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(card("1a")).locator("a.id")).to_be_focused()
    seen = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        place = page.evaluate(
            """() => {
                const focused = document.activeElement;
                const box = focused.getBoundingClientRect();
                const top = document.elementFromPoint(box.x + Math.min(box.width, 20) / 2, box.y + box.height / 2);
                const seen = focused.contains(top) || (top?.contains(focused) ?? false);
                return [focused.tagName, seen, getComputedStyle(focused).outlineStyle];
            }"""
        )
        assert place[1], place
        assert place[2] == "solid", place
        seen.add(place[0])
    assert {"A", "SUMMARY"} <= seen
    page.get_by_role("button", name="Knowsley").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Knowsley")).to_have_attribute("aria-pressed", "true")
    page.locator(card("1a")).get_by_text("Table of values").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(card("1a")).locator("details.values").first).to_have_attribute("open", "")


def test_targets_are_large_enough_for_a_finger(opened: Opener) -> None:
    page = opened("", PHONE)
    small = page.locator(
        "button:visible, select:visible, input:visible, summary:visible, .glance a:visible, a.id:visible"
    )
    sizes = small.evaluate_all(
        """all => all.map(one => {
            const box = one.getBoundingClientRect();
            return [box.width, box.height, one.outerHTML.slice(0, 80)];
        })"""
    )
    assert [size for size in sizes if size[0] < 24 or size[1] < 24] == []


def test_page_without_scripts_still_holds_the_figures(chromium: object, sample_home: Home) -> None:
    with chromium.new_context(java_script_enabled=False, viewport=DESKTOP) as context:  # type: ignore[attr-defined]
        page = context.new_page()
        page.goto(sample_home.scorecard.as_uri())
        assert page.locator(".measure:visible").count() == 88
        assert page.locator(".filters:visible").count() == 0
        assert "Without JavaScript this page shows every measure" in page.locator("main noscript").first.inner_text()
