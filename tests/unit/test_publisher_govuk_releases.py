"""Datasets whose releases have pages of their own on GOV.UK: which page and which file is taken, over loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from sources.catalogue import CATALOGUE_DIR, CatalogueError, DiscoverGovuk, load_catalogue, load_dataset
from sources.errors import NothingFoundError
from sources.http import PoliteSession
from sources.publishers import publisher_of
from tests.loopback import loopback_session
from tests.unit.test_publisher_govuk import XLSX, attachment, collection, on_loopback, page, serve

ODS = "application/vnd.oasis.opendocument.spreadsheet"
UPDATED = "2026-01-01T00:00:00Z"
IPO = "ipo_facts_and_figures"
FACTS = "/government/statistics/facts-and-figures-patents-trade-marks-designs-and-hearings"

# dataset, newest release page, other pages of the collection, file that is wanted, other files of the page
RELEASES = [
    (
        "hmrc_regional_trade_smaller_areas",
        "/government/statistics/regional-trade-in-goods-statistics-disaggregated-by-smaller-geographical-areas-2024",
        [
            "/government/statistics/regional-trade-in-goods-statistics-disaggregated-by-smaller-geographical-areas-2023",
            "/government/statistics/announcements/regional-trade-in-goods-2030",
        ],
        attachment("a.xlsx", XLSX, "Regional trade in goods by smaller areas: 2024 - Data Tables"),
        [attachment("b.xlsx", XLSX, "Explanatory charts")],
    ),
    (
        "dcms_community_life",
        "/government/statistics/community-life-survey-202425-annual-publication",
        [
            "/government/statistics/community-life-survey-202324-annual-publication",
            "/government/statistics/community-life-survey-october-to-december-2030",
        ],
        attachment("Community_Life_Survey_2024_25_Annual_tables_-_for_publication.xlsx", XLSX),
        [attachment("Community_Life_Survey_Q4_2024_25_tables.xlsx", XLSX)],
    ),
    (
        "dbt_uk_innovation_survey",
        "/government/statistics/uk-innovation-survey-2025-report",
        ["/government/statistics/uk-innovation-survey-2023-report", "/government/publications/privacy-notice-2030"],
        attachment("ukis-2025-data.ods", ODS),
        [attachment("ukis-2025-annex.xlsx", XLSX)],
    ),
]


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


def found_url(name: str, server: HTTPServer, session: PoliteSession) -> str:
    dataset = on_loopback(name, server)
    (candidate,) = publisher_of(dataset).discover(dataset, session)
    return candidate.url


@pytest.mark.parametrize(("name", "newest", "others", "wanted", "beside"), RELEASES, ids=[row[0] for row in RELEASES])
def test_newest_release_and_its_table_are_found(
    httpserver: HTTPServer,
    session: PoliteSession,
    name: str,
    newest: str,
    others: list[str],
    wanted: dict[str, Any],
    beside: list[dict[str, Any]],
) -> None:
    how = load_catalogue()[name].discover
    assert isinstance(how, DiscoverGovuk)
    serve(httpserver, str(how.collection), collection(*((path, UPDATED) for path in [*others, newest])))
    serve(httpserver, newest, page(*beside, wanted))
    assert found_url(name, httpserver, session) == wanted["url"]


# --- releases in no collection ---------------------------------------------------------------------------


def results(server: HTTPServer, *links: str) -> None:
    items = [{"link": link, "public_timestamp": UPDATED, "title": "x"} for link in links]
    server.expect_request("/api/search.json").respond_with_json({"results": items, "total": len(items)})


def test_release_is_found_by_search(httpserver: HTTPServer, session: PoliteSession) -> None:
    wanted = attachment("facts-and-figures-2024.ods", ODS)
    results(
        httpserver, f"{FACTS}-2023", f"{FACTS}-2024", f"{FACTS}-2024/{FACTS.rsplit('/', 1)[-1]}-2030", "/search/2031"
    )
    serve(httpserver, f"{FACTS}-2024", page(wanted))
    assert found_url(IPO, httpserver, session) == wanted["url"]
    (request, _) = httpserver.log[0]
    assert request.args["order"] == "-public_timestamp"


def test_search_that_finds_other_pages_says_so(httpserver: HTTPServer, session: PoliteSession) -> None:
    results(httpserver, "/government/collections/monthly-statistics")
    with pytest.raises(NothingFoundError, match=r"found 1 documents \(/government/collections/monthly-statistics\)"):
        found_url(IPO, httpserver, session)


def test_release_is_in_a_collection_or_found_by_search(tmp_path: Path) -> None:
    source = (CATALOGUE_DIR / "ipo" / f"{IPO}.yml").read_text(encoding="utf-8")
    path = tmp_path / "ipo" / f"{IPO}.yml"
    path.parent.mkdir()
    path.write_text(source.replace("  search:", "  page: /x\n  search:"), encoding="utf-8")
    with pytest.raises(CatalogueError, match="exactly one of page, collection, search is needed"):
        load_dataset(path)
