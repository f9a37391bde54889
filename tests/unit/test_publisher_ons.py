"""ONS discovery and fetch over real HTTP on loopback: replies of the recorded shape, and what goes wrong with them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import loopback_session
from pytest_httpserver import HTTPServer

from sources.catalogue import Dataset, load_catalogue
from sources.errors import NetworkError, NothingFoundError, PayloadError
from sources.http import PoliteSession
from sources.publishers.ons import discover, fetch, london_date
from sources.readers import read_release

LANDING = "/economy/datasets/thing"
SERVICES = "/arcgis/rest/services"
LAYER = f"{SERVICES}/LAD25_CAUTH25_EN_LU/FeatureServer/0/query"


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


def with_discover(name: str, **changes: Any) -> Dataset:
    """The catalogue's dataset, found at other addresses."""
    dataset = load_catalogue()[name]
    return dataset.model_copy(update={"discover": dataset.discover.model_copy(update=changes)})


def website(httpserver: HTTPServer, *landing: str, **changes: Any) -> Dataset:
    changes = {"base_url": httpserver.url_for("").rstrip("/"), "landing": landing or (LANDING,)} | changes
    return with_discover("ons_business_demography", **({"file": r"\.xlsx$"} | changes))


def landing_page(*editions: str, path: str = LANDING) -> dict[str, Any]:
    return {
        "type": "dataset_landing_page",
        "datasets": [{"uri": f"{path}/{edition}"} for edition in editions],
        "alerts": [],
        "uri": path,
        "description": {"title": "Thing by area", "releaseDate": "2020-09-09T23:00:00.000Z", "nextRelease": ""},
    }


def edition_page(edition: str, *files: str, **changes: Any) -> dict[str, Any]:
    page: dict[str, Any] = {
        "type": "dataset",
        "downloads": [{"file": file} for file in files],
        "supplementaryFiles": [],
        "versions": [],
        "uri": f"{LANDING}/{edition}",
        "description": {"releaseDate": "2020-09-09T23:00:00.000Z", "edition": edition},
    }
    return page | changes


def serve(httpserver: HTTPServer, path: str, page: Any) -> None:
    httpserver.expect_request(f"{path}/data").respond_with_json(page)


def never_seen(url: str) -> tuple[str | None, str | None]:
    del url
    return None, None


# --- datasets of the website ------------------------------------------------------------------------------


def test_landing_leads_to_edition_leads_to_file(httpserver: HTTPServer, session: PoliteSession, tmp_path: Path) -> None:
    serve(httpserver, LANDING, landing_page("2018", "2017"))
    serve(httpserver, f"{LANDING}/2018", edition_page("2018", "thing2018.xlsx"))
    httpserver.expect_request("/file", query_string=f"uri={LANDING}/2018/thing2018.xlsx").respond_with_data(
        b"PK", content_type="application/octet-stream", headers={"ETag": '"v1"'}
    )
    dataset = website(httpserver)

    (candidate,) = discover(dataset, session)
    files = fetch(dataset, candidate, session, tmp_path, never_seen)

    assert candidate.title == "Thing by area: 2018"
    assert candidate.published_at == dt.date(2020, 9, 10)
    assert files is not None
    assert [(file.name, file.path.read_bytes(), file.etag) for file in files] == [("thing2018.xlsx", b"PK", '"v1"')]


def test_unchanged_file_is_not_downloaded_again(httpserver: HTTPServer, session: PoliteSession, tmp_path: Path) -> None:
    serve(httpserver, LANDING, landing_page("2018"))
    serve(httpserver, f"{LANDING}/2018", edition_page("2018", "thing2018.xlsx"))
    httpserver.expect_request("/file", headers={"If-None-Match": '"v1"'}).respond_with_data(b"", status=304)
    dataset = website(httpserver)

    (candidate,) = discover(dataset, session)

    assert fetch(dataset, candidate, session, tmp_path, lambda _: ('"v1"', None)) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("editions", "newest"),
    [
        (("2018", "2017"), "2018"),
        (("2017", "2018"), "2018"),
        (("2023", "current"), "current"),
        (("1998to2018", "1998to2019"), "1998to2019"),
        (("apriltojune2020", "julytoseptember2020", "januarytomarch2020"), "julytoseptember2020"),
        (("financialyearendingmarch2024", "financialyearendingmarch2025"), "financialyearendingmarch2025"),
        (("second", "first"), "second"),
    ],
)
def test_newest_edition_whatever_the_order_of_the_page(
    httpserver: HTTPServer, session: PoliteSession, editions: tuple[str, ...], newest: str
) -> None:
    serve(httpserver, LANDING, landing_page(*editions))
    serve(httpserver, f"{LANDING}/{newest}", edition_page(newest, "thing.xlsx"))

    (candidate,) = discover(website(httpserver), session)

    assert candidate.url == httpserver.url_for(f"/file?uri={LANDING}/{newest}/thing.xlsx")


def test_a_corrected_file_is_dated_by_its_correction(httpserver: HTTPServer, session: PoliteSession) -> None:
    versions = [
        {"uri": f"{LANDING}/2018/previous/v1", "updateDate": "2021-01-27T13:09:48.262Z", "correctionNotice": "…"},
        {"uri": f"{LANDING}/2018/previous/v2", "updateDate": "2021-02-05T12:11:47.138Z", "correctionNotice": "…"},
    ]
    serve(httpserver, LANDING, landing_page("2018"))
    serve(httpserver, f"{LANDING}/2018", edition_page("2018", "thing.xlsx", versions=versions))

    (candidate,) = discover(website(httpserver), session)

    assert candidate.published_at == dt.date(2021, 2, 5)


@pytest.mark.parametrize("description", [{"edition": "2018"}, {"edition": "2018", "releaseDate": "May 2021"}])
def test_no_readable_release_date_is_no_release_date(
    httpserver: HTTPServer, session: PoliteSession, description: dict[str, str]
) -> None:
    serve(httpserver, LANDING, landing_page("2018"))
    serve(httpserver, f"{LANDING}/2018", edition_page("2018", "thing.xlsx", description=description))

    (candidate,) = discover(website(httpserver), session)

    assert candidate.published_at is None


def test_second_landing_path_when_the_first_has_moved(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_request("/old/thing/data").respond_with_data("", status=404)
    serve(httpserver, LANDING, landing_page("2018"))
    serve(httpserver, f"{LANDING}/2018", edition_page("2018", "thing.xlsx"))

    (candidate,) = discover(website(httpserver, "/old/thing", LANDING), session)

    assert candidate.file_name == "thing.xlsx"


def test_every_landing_path_that_fails_is_named(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_request("/old/thing/data").respond_with_data("", status=404)
    serve(httpserver, LANDING, landing_page())

    with pytest.raises(NothingFoundError) as caught:
        discover(website(httpserver, "/old/thing", LANDING), session)

    message = str(caught.value)
    assert "ons / ons_business_demography" in message
    assert "/old/thing" in message and "HTTP 404" in message
    assert f"{LANDING}/data" in message


def test_a_server_error_is_not_taken_for_a_moved_page(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_request("/old/thing/data").respond_with_data("", status=503)
    serve(httpserver, LANDING, landing_page("2018"))

    with pytest.raises(NetworkError, match="503"):
        discover(website(httpserver, "/old/thing", LANDING), session)


@pytest.mark.parametrize(
    ("files", "found"),
    [((), "none"), (("thing.pdf",), "none"), (("a.xlsx", "b.xlsx"), "a.xlsx, b.xlsx")],
)
def test_an_edition_must_have_one_download_as_expected(
    httpserver: HTTPServer, session: PoliteSession, files: tuple[str, ...], found: str
) -> None:
    serve(httpserver, LANDING, landing_page("2018"))
    serve(httpserver, f"{LANDING}/2018", edition_page("2018", *files))

    with pytest.raises(NothingFoundError) as caught:
        discover(website(httpserver), session)

    assert caught.value.found == found
    assert caught.value.where.endswith(f"{LANDING}/2018/data")
    assert r"\.xlsx$" in caught.value.expected


def test_a_web_page_in_place_of_json(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_request(f"{LANDING}/data").respond_with_data("<!DOCTYPE html><html>", content_type="text/html")

    with pytest.raises(PayloadError, match="HTML"):
        discover(website(httpserver), session)


def test_regions_published_as_editions_are_parts(httpserver: HTTPServer, session: PoliteSession) -> None:
    editions = {
        "tldnorthwest": "regionalgrossvalueaddedbalancedbyindustrylocalauthoritiestldnorthwest.xlsx",
        "tlcnortheast": "regionalgrossvalueaddedbalancedbyindustrylocalauthoritiestlcnortheast.xlsx",
        "population": "populationestimatesbylocalauthority.xlsx",
    }
    serve(httpserver, LANDING, landing_page(*editions))
    for edition, file in editions.items():
        serve(httpserver, f"{LANDING}/{edition}", edition_page(edition, file))
    dataset = with_discover(
        "ons_gva_by_local_authority", base_url=httpserver.url_for("").rstrip("/"), landing=(LANDING,)
    )

    candidates = discover(dataset, session)

    assert [(candidate.part, candidate.file_name) for candidate in candidates] == [
        ("tlc", editions["tlcnortheast"]),
        ("tld", editions["tldnorthwest"]),
    ]
    assert [dataset.part_of(candidate.file_name) for candidate in candidates] == ["tlc", "tld"]


@pytest.mark.parametrize(
    ("time", "day"),
    [
        ("2020-09-09T23:00:00.000Z", dt.date(2020, 9, 10)),  # summer time: midnight in London
        ("2021-01-27T13:09:48.262Z", dt.date(2021, 1, 27)),
        ("2021-01-27T23:30:00.000Z", dt.date(2021, 1, 27)),
        ("2020-09-09", dt.date(2020, 9, 9)),
    ],
)
def test_london_date(time: str, day: dt.date) -> None:
    assert london_date(time) == day


# --- Explore Local Statistics -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metadata", "published"),
    [
        (
            {"notes": ["Metadata generated on 2026-06-26 by the Explore Local Statistics service."]},
            dt.date(2026, 6, 26),
        ),
        ({"updated": "2026-06-26", "notes": []}, dt.date(2026, 6, 26)),
        ({"lastUpdate": "2026-06-26T09:00:00Z"}, dt.date(2026, 6, 26)),
        ({"notes": ["Metadata by the service."]}, None),
    ],
)
def test_bulk_release_is_dated_by_its_metadata(
    httpserver: HTTPServer,
    session: PoliteSession,
    tmp_path: Path,
    metadata: dict[str, Any],
    published: dt.date | None,
) -> None:
    httpserver.expect_request("/files/all-datasets.csv-metadata.json").respond_with_json(metadata)
    httpserver.expect_request("/files/all-datasets.csv").respond_with_data(b"indicator\r\n", content_type="text/csv")
    dataset = with_discover(
        "ons_explore_local_statistics",
        url=httpserver.url_for("/files/all-datasets.csv"),
        metadata_url=httpserver.url_for("/files/all-datasets.csv-metadata.json"),
    )

    (candidate,) = discover(dataset, session)
    files = fetch(dataset, candidate, session, tmp_path, never_seen)

    assert (candidate.part, candidate.published_at) == ("", published)
    assert files is not None
    assert [(file.name, file.media_type) for file in files] == [("all-datasets.csv", "text/csv")]


def test_bulk_metadata_must_be_an_object(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_request("/m.json").respond_with_json([])
    dataset = with_discover("ons_explore_local_statistics", metadata_url=httpserver.url_for("/m.json"))

    with pytest.raises(NothingFoundError, match="a JSON object; found list"):
        discover(dataset, session)


# --- Open Geography ---------------------------------------------------------------------------------------


def open_geography(httpserver: HTTPServer, **changes: Any) -> Dataset:
    return with_discover("ons_lad_cauth_lookup", services_url=httpserver.url_for(SERVICES), **changes)


def services(httpserver: HTTPServer, *names: str) -> None:
    listed = [{"name": name, "type": "FeatureServer", "url": f"…/{name}/FeatureServer"} for name in names]
    httpserver.expect_request(SERVICES, query_string={"f": "json"}).respond_with_json(
        {"currentVersion": 11.5, "services": listed}
    )


def page_of(httpserver: HTTPServer, offset: int, *features: tuple[str, str], more: bool = False) -> None:
    fields = ["LAD25CD", "LAD25NM", "CAUTH25CD", "CAUTH25NM", "ObjectId"]
    rows = [
        dict(zip(fields, (code, name, "E47000004", "Liverpool City Region", offset + at), strict=True))
        for at, (code, name) in enumerate(features, 1)
    ]
    reply: dict[str, Any] = {
        "objectIdFieldName": "ObjectId",
        "fields": [{"name": field} for field in fields],
        "features": [{"attributes": row} for row in rows],
    }
    if more:
        reply["exceededTransferLimit"] = True
    query = {
        "where": "1=1",
        "outFields": "*",
        "returnGeometry": "false",
        "f": "json",
        "resultOffset": str(offset),
        "resultRecordCount": "2000",
    }
    httpserver.expect_request(LAYER, query_string=query).respond_with_json(reply)


def test_newest_year_of_the_lookup_and_all_its_pages(
    httpserver: HTTPServer, session: PoliteSession, tmp_path: Path
) -> None:
    services(httpserver, "LAD24_CAUTH24_EN_LU", "LAD25_CAUTH25_EN_LU", "LAD25_CTYUA25_UK_LU_v2")
    page_of(httpserver, 0, ("E06000006", "Halton"), ("E08000011", "Knowsley"), more=True)
    page_of(httpserver, 2, ("E08000012", "Liverpool"))
    dataset = open_geography(httpserver)

    (candidate,) = discover(dataset, session)
    files = fetch(dataset, candidate, session, tmp_path, never_seen)

    assert files is not None
    assert [file.name for file in files] == ["LAD25_CAUTH25_EN_LU.001.json", "LAD25_CAUTH25_EN_LU.002.json"]
    assert "resultOffset=2" in files[1].url
    rows = read_release(dataset, [file.source_file for file in files], "r")["lookup"].to_pylist()
    assert [(row["lad_code"], row["cauth_code"], row["_row_number"]) for row in rows] == [
        ("E06000006", "E47000004", "1"),
        ("E08000011", "E47000004", "2"),
        ("E08000012", "E47000004", "1"),
    ]


def test_a_revised_lookup_of_the_same_year_is_newer(httpserver: HTTPServer, session: PoliteSession) -> None:
    services(httpserver, "LAD25_CAUTH25_EN_LU_v2", "LAD25_CAUTH25_EN_LU", "lad24_cauth24_en_lu")

    (candidate,) = discover(open_geography(httpserver), session)

    assert candidate.file_name == "LAD25_CAUTH25_EN_LU_v2"


def test_an_error_inside_status_200(httpserver: HTTPServer, session: PoliteSession, tmp_path: Path) -> None:
    services(httpserver, "LAD25_CAUTH25_EN_LU")
    error = {"error": {"code": 400, "message": "Invalid query parameters", "details": []}}
    httpserver.expect_request(LAYER).respond_with_data(json.dumps(error), content_type="text/plain")
    dataset = open_geography(httpserver)
    (candidate,) = discover(dataset, session)

    with pytest.raises(PayloadError, match="Invalid query parameters") as caught:
        fetch(dataset, candidate, session, tmp_path, never_seen)

    assert LAYER in caught.value.where
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("more", [False, True])
def test_a_page_without_features(httpserver: HTTPServer, session: PoliteSession, tmp_path: Path, more: bool) -> None:
    """Also when the server goes on promising more: no endless paging."""
    services(httpserver, "LAD25_CAUTH25_EN_LU")
    page_of(httpserver, 0, more=more)
    dataset = open_geography(httpserver)
    (candidate,) = discover(dataset, session)

    with pytest.raises(PayloadError, match="features from number 1 on; found none"):
        fetch(dataset, candidate, session, tmp_path, never_seen)


def test_an_empty_list_of_services_may_pass(httpserver: HTTPServer, session: PoliteSession) -> None:
    services(httpserver)

    with pytest.raises(NetworkError, match="an empty list"):
        discover(open_geography(httpserver), session)


def test_no_such_service(httpserver: HTTPServer, session: PoliteSession) -> None:
    services(httpserver, "Parks", "LAD25_RGN25_EN_LU")

    with pytest.raises(NothingFoundError, match="found 2 others"):
        discover(open_geography(httpserver), session)


# --- catalogue --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "part", "expected"),
    [
        ("ons_explore_local_statistics", "gross-value-added", 6),
        ("ons_explore_local_statistics", "total-value-of-uk-exports", 0),
        ("ons_gva_by_local_authority", "tld", 6),
        ("ons_gva_by_local_authority", "tlc", 0),
        ("ons_business_demography", "", 6),
    ],
)
def test_home_authorities_are_expected_of_the_parts_that_reach_them(name: str, part: str, expected: int) -> None:
    dataset = load_catalogue()[name]

    assert len(dataset.expected_areas(dataset.tables[-1], part)) == expected
