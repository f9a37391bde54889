"""Sums of UK Trade Info over HTTP on loopback: ids by label, pages, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from pytest_httpserver import HTTPServer

from sources.catalogue import Dataset, load_catalogue
from sources.errors import NothingFoundError, PayloadError
from sources.http import PoliteSession
from sources.publishers.hmrc import discover, fetch
from sources.readers import read_release
from sources.release import Candidate, PayloadFile
from tests.loopback import loopback_session

REGIONS = [{"RegionId": 1, "RegionName": "North East  "}, {"RegionId": 2, "RegionName": "North West  "}]
REGIONS += [{"RegionId": 99, "RegionName": "Unallocated - Known"}]
FLOWS = [{"FlowTypeId": 2, "FlowTypeDescription": "EU Exports     "}, {"FlowTypeId": 9, "FlowTypeDescription": "Other"}]


def total(month: int) -> dict[str, Any]:
    return {"MonthId": month, "GovRegionId": 2, "FlowTypeId": 2, "TotalValue": 3e9}


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


@pytest.fixture
def dataset(httpserver: HTTPServer) -> Dataset:
    dataset = load_catalogue()["hmrc_uktradeinfo_rts"]
    counts = {"GovRegionId": 2, "FlowTypeId": 1}  # the two regions and the flow below
    labels = {
        column: labels.model_copy(update={"count": counts[column]})
        for column, labels in dataset.discover.labels.items()
    }
    how = dataset.discover.model_copy(update={"base_url": httpserver.url_for("").rstrip("/"), "labels": labels})
    return dataset.model_copy(update={"discover": how})


def serve_names(server: HTTPServer, regions: list[dict[str, Any]] = REGIONS) -> None:
    server.expect_request("/Region").respond_with_json({"value": regions})
    server.expect_request("/FlowType").respond_with_json({"value": FLOWS})


def fetched(dataset: Dataset, session: PoliteSession, folder: Path, candidate: Candidate) -> tuple[PayloadFile, ...]:
    files = fetch(dataset, candidate, session, folder, lambda url: (None, None))
    assert files is not None
    return files


def test_request_asks_the_server_to_add_up_for_ids_found_by_label(
    dataset: Dataset, session: PoliteSession, httpserver: HTTPServer
) -> None:
    serve_names(httpserver)
    (candidate,) = discover(dataset, session)
    address, _, query = candidate.url.partition("?")
    assert address == httpserver.url_for("/RTS")
    assert parse_qs(query)["$apply"] == [
        "filter((GovRegionId eq 1 or GovRegionId eq 2) and (FlowTypeId eq 2) and MonthId ge 201301)"
        "/groupby((MonthId,GovRegionId,FlowTypeId),aggregate(Value with sum as TotalValue))"
    ]


def test_pages_are_followed_and_landed_with_what_their_ids_mean(
    dataset: Dataset, session: PoliteSession, httpserver: HTTPServer, tmp_path: Path
) -> None:
    serve_names(httpserver)
    more = httpserver.url_for("/RTS?$skip=1")
    httpserver.expect_request("/RTS", query_string={"$skip": "1"}).respond_with_json({"value": [total(202404)]})
    (candidate,) = discover(dataset, session)
    httpserver.expect_request("/RTS").respond_with_json({"value": [total(202401)], "@odata.nextLink": more})
    files = fetched(dataset, session, tmp_path, candidate)
    assert [file.name for file in files] == ["Region.json", "FlowType.json", "RTS_page001.json", "RTS_page002.json"]
    tables = read_release(dataset, [file.source_file for file in files], "release")
    assert [row["month_id"] for row in tables["trade"].to_pylist()] == ["202401", "202404"]
    assert json.loads(files[0].path.read_bytes())["value"] == REGIONS


def test_label_that_is_gone_says_which_there_are(
    dataset: Dataset, session: PoliteSession, httpserver: HTTPServer
) -> None:
    serve_names(httpserver, [REGIONS[0], {"RegionId": 2, "RegionName": "Northern Powerhouse"}])
    with pytest.raises(
        NothingFoundError, match=r"2 of RegionName matching .*found 1 among North East, Northern Powerh"
    ):
        discover(dataset, session)


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ({"value": []}, "expected rows; found none"),
        ({"results": []}, "expected an object with a list `value`"),
        ({"value": [total(202401)], "@odata.nextLink": "https://elsewhere.test/RTS"}, "expected a next page of"),
    ],
)
def test_reply_that_is_not_as_documented_is_refused(
    dataset: Dataset,
    session: PoliteSession,
    httpserver: HTTPServer,
    tmp_path: Path,
    reply: dict[str, Any],
    message: str,
) -> None:
    serve_names(httpserver)
    httpserver.expect_request("/RTS").respond_with_json(reply)
    (candidate,) = discover(dataset, session)
    with pytest.raises(PayloadError, match=message):
        fetched(dataset, session, tmp_path, candidate)
