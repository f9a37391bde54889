"""The Explore Education Statistics API and the tool's file, over HTTP on loopback, in the documented shape."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from sources.catalogue import CatalogueError, Dataset, load_catalogue, load_dataset
from sources.errors import NothingFoundError, PayloadError
from sources.http import PoliteSession
from sources.publishers.dfe import discover, fetch
from sources.readers import SourceFile, read_release
from sources.release import Candidate, PayloadFile
from tests.loopback import loopback_session

API = "/statistics/v1"
ID = "019afee5-4791-7467-a788-c163fd9b57de"
SET = f"{API}/data-sets/{ID}"
META: dict[str, Any] = {
    "filters": [
        {
            "id": "mWI9K",
            "column": "subject",
            "label": "Subjects",
            "options": [
                {"id": "XVrAf", "label": "Reading, writing and maths"},
                {"id": "uLXpo", "label": "Reading"},
            ],
        },
        {
            "id": "TkqPJ",
            "column": "breakdown",
            "label": "Characteristics of each group",
            "options": [{"id": "qf3xj", "label": "Total"}, {"id": "aaaaa", "label": "Girls"}],
        },
        {
            "id": "0ciT5",
            "column": "breakdown_topic",
            "label": "Topic of characteristics",
            "options": [{"id": "DIbUQ", "label": "All pupils"}],
        },
        {
            "id": "hZYyW",
            "column": "establishment_type_group",
            "label": "School type",
            "options": [{"id": "Bpiw7", "label": "All state-funded"}],
        },
    ],
    "indicators": [
        {"id": "WmV2b", "column": "expected_standard_pupil_percent", "label": "Expected standard", "unit": "%"},
        {"id": "E1cqF", "column": "higher_standard_pupil_percent", "label": "Higher standard", "unit": "%"},
    ],
    "geographicLevels": [
        {"code": "NAT", "label": "National"},
        {"code": "REG", "label": "Regional"},
        {"code": "LA", "label": "Local authority"},
    ],
    "locations": [
        {
            "level": {"code": "NAT", "label": "National"},
            "options": [{"id": "n", "label": "England", "code": "E92000001"}],
        },
        {
            "level": {"code": "REG", "label": "Regional"},
            "options": [{"id": "r", "label": "North West", "code": "E12000002"}],
        },
        {
            "level": {"code": "LA", "label": "Local authority"},
            "options": [{"id": "l", "label": "Liverpool", "code": "E08000012", "oldCode": "341"}],
        },
    ],
    "timePeriods": [{"code": "AY", "label": "2024/25", "period": "2024/2025"}],
}
SUMMARY = {
    "id": ID,
    "title": "Key stage 2 attainment by local authority",
    "status": "Published",
    "latestVersion": {"version": "1.2", "type": "Minor", "published": "2025-12-11T09:30:00Z"},
}


def result(level: str, value: str, subject: str = "XVrAf") -> dict[str, Any]:
    places = {"NAT": {"NAT": "n"}, "REG": {"NAT": "n", "REG": "r"}, "LA": {"NAT": "n", "REG": "r", "LA": "l"}}
    return {
        "timePeriod": {"code": "AY", "period": "2024/2025"},
        "geographicLevel": level,
        "locations": places[level],
        "filters": {"mWI9K": subject, "TkqPJ": "qf3xj", "0ciT5": "DIbUQ", "hZYyW": "Bpiw7"},
        "values": {"WmV2b": value},
    }


def page(number: int, pages: int, total: int, *results: dict[str, Any]) -> dict[str, Any]:
    paging = {"page": number, "pageSize": 1000, "totalResults": total, "totalPages": pages}
    return {"paging": paging, "results": list(results), "warnings": []}


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


def on_loopback(name: str, server: HTTPServer) -> Dataset:
    dataset = load_catalogue()[name]
    base = {"base_url": server.url_for(API)}
    if name == "dfe_lait":
        base = {"url": server.url_for("/main/bds_long_0.parquet")}
    return dataset.model_copy(update={"discover": dataset.discover.model_copy(update=base)})


def serve(server: HTTPServer, *pages: dict[str, Any], meta: dict[str, Any] = META) -> None:
    server.expect_request(SET).respond_with_json(SUMMARY)
    server.expect_request(f"{SET}/meta", query_string={"dataSetVersion": "1.2"}).respond_with_json(meta)
    for number, content in enumerate(pages, start=1):
        query = {
            "dataSetVersion": "1.2",
            "geographicLevels.in": "NAT,REG,LA",
            "indicators": "WmV2b",
            "filters.eq": "XVrAf",
            "filters.in": "qf3xj",
            "page": str(number),
            "pageSize": "1000",
        }
        server.expect_request(f"{SET}/query", query_string=query).respond_with_json(content)


def nothing_known(_: str) -> tuple[str | None, str | None]:
    return None, None


def fetched(dataset: Dataset, session: PoliteSession, folder: Path) -> tuple[PayloadFile, ...]:
    (candidate,) = discover(dataset, session)
    files = fetch(dataset, candidate, session, folder, nothing_known)
    assert files is not None
    return files


def rows_of(dataset: Dataset, files: tuple[PayloadFile, ...], table: str) -> list[dict[str, str]]:
    tables = read_release(dataset, [SourceFile(file.name, file.path, "f" * 64) for file in files], "r")
    rows: list[dict[str, str]] = tables[table].to_pylist()
    return rows


def test_latest_version_is_asked_with_ids_resolved_from_labels(httpserver: HTTPServer, session: PoliteSession) -> None:
    serve(httpserver)
    (candidate,) = discover(on_loopback("dfe_key_stage_2", httpserver), session)
    assert candidate == Candidate(
        dataset="dfe_key_stage_2",
        part="",
        title="Key stage 2 attainment by local authority (version 1.2)",
        url=httpserver.url_for(f"{SET}/query")
        + "?dataSetVersion=1.2&geographicLevels.in=NAT,REG,LA&indicators=WmV2b&filters.eq=XVrAf&filters.in=qf3xj",
        file_name="results.json",
        published_at=dt.date(2025, 12, 11),
    )


def test_pages_are_read_under_the_names_of_meta(httpserver: HTTPServer, session: PoliteSession, tmp_path: Path) -> None:
    serve(
        httpserver,
        page(1, 2, 3, result("NAT", "62"), result("REG", "60")),
        page(2, 2, 3, result("LA", "57")),
    )
    dataset = on_loopback("dfe_key_stage_2", httpserver)
    files = fetched(dataset, session, tmp_path)
    assert [file.name for file in files] == ["meta.json", "page001.json", "page002.json"]
    rows = rows_of(dataset, files, "subjects")
    assert [(row["geographic_level"], row["expected_standard_percent"]) for row in rows] == [
        ("National", "62"),
        ("Regional", "60"),
        ("Local authority", "57"),
    ]
    liverpool = rows[2]
    assert {name: liverpool[name] for name in ("new_la_code", "old_la_code", "la_name", "region_code", "_member")} == {
        "new_la_code": "E08000012",
        "old_la_code": "341",
        "la_name": "Liverpool",
        "region_code": "E12000002",
        "_member": "page002.json",
    }
    assert liverpool["subject"] == "Reading, writing and maths"
    assert (liverpool["breakdown_topic"], liverpool["breakdown"]) == ("All pupils", "Total")
    assert liverpool["time_period"] == "2024/2025"


def test_markers_stay_text(httpserver: HTTPServer, session: PoliteSession, tmp_path: Path) -> None:
    serve(httpserver, page(1, 1, 2, result("LA", "c"), result("NAT", "low")))
    dataset = on_loopback("dfe_key_stage_2", httpserver)
    rows = rows_of(dataset, fetched(dataset, session, tmp_path), "subjects")
    assert [row["expected_standard_percent"] for row in rows] == ["c", "low"]


def test_version_that_has_landed_is_not_asked_again(
    httpserver: HTTPServer, session: PoliteSession, tmp_path: Path
) -> None:
    serve(httpserver)
    dataset = on_loopback("dfe_key_stage_2", httpserver)
    (candidate,) = discover(dataset, session)
    asked = len(httpserver.log)
    known = {f"{candidate.url}&page=1&pageSize=1000": (None, "2025-12-11")}
    assert fetch(dataset, candidate, session, tmp_path, lambda url: known.get(url, (None, None))) is None
    assert len(httpserver.log) == asked


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"indicators": META["indicators"][1:]}, "an indicator with column expected_standard_pupil_percent"),
        ({"filters": META["filters"][1:]}, "a filter with column subject"),
        ({"filters": [META["filters"][0] | {"options": []}, *META["filters"][1:]]}, "one option of subject matching"),
    ],
)
def test_redesigned_data_set_is_refused_before_it_is_fetched(
    httpserver: HTTPServer, session: PoliteSession, change: dict[str, Any], expected: str
) -> None:
    serve(httpserver, meta=META | change)
    with pytest.raises(PayloadError, match=expected):
        discover(on_loopback("dfe_key_stage_2", httpserver), session)


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ([page(1, 1, 0)], "paging and results"),
        ([page(1, 2, 2, result("LA", "57")), page(1, 2, 2, result("LA", "57"))], "page 2"),
        ([page(1, 1, 5, result("LA", "57"))], "5 results in all"),
        ([{"title": "Bad request", "status": 400}], "paging and results"),
    ],
)
def test_pages_that_do_not_add_up_are_refused(
    httpserver: HTTPServer,
    session: PoliteSession,
    tmp_path: Path,
    pages: list[dict[str, Any]],
    expected: str,
) -> None:
    serve(httpserver, *pages)
    with pytest.raises(PayloadError, match=expected):
        fetched(on_loopback("dfe_key_stage_2", httpserver), session, tmp_path)


def test_id_that_meta_does_not_know_is_refused(httpserver: HTTPServer, session: PoliteSession, tmp_path: Path) -> None:
    serve(httpserver, page(1, 1, 1, result("LA", "57", subject="zzzzz")))
    dataset = on_loopback("dfe_key_stage_2", httpserver)
    files = fetched(dataset, session, tmp_path)
    with pytest.raises(PayloadError, match=r"option \('mWI9K', 'zzzzz'\) is not in meta.json"):
        rows_of(dataset, files, "subjects")
    with pytest.raises(PayloadError, match=r"no meta.json beside it"):
        rows_of(dataset, files[1:], "subjects")


# --- a data set that is found by its title ---------------------------------------------------------------


def serve_publications(server: HTTPServer, *titles: str) -> None:
    publication = {"id": "p1", "title": "Participation in education, training and NEET age 16 to 17"}
    server.expect_request(f"{API}/publications").respond_with_json({"paging": {}, "results": [publication]})
    listed = [{"id": f"d{number}", "title": title} for number, title in enumerate(titles)]
    server.expect_request(f"{API}/publications/p1/data-sets").respond_with_json({"paging": {}, "results": listed})


def test_neet_is_found_by_title_and_read_like_its_csv(
    httpserver: HTTPServer, session: PoliteSession, tmp_path: Path
) -> None:
    serve_publications(
        httpserver, "Participation in education by region", "NEET and activity not known by local authority"
    )
    columns = ["Cohort_DJFavg", "NEET_not_known_percent", "NEET_percent", "Notknown_percent"]
    ids = dict(zip("abcd", columns, strict=True))
    meta = META | {
        "filters": [{"id": "f", "column": "Age", "label": "Age", "options": [{"id": "o", "label": "16-17"}]}],
        "indicators": [{"id": key, "column": column, "label": column} for key, column in ids.items()],
    }
    row = {
        "timePeriod": {"code": "CY", "period": "2025"},
        "geographicLevel": "LA",
        "locations": {"NAT": "n", "REG": "r", "LA": "l"},
        "filters": {"f": "o"},
        "values": {"a": "11151", "b": "8.8", "c": "5.9", "d": "2.9"},
    }
    data_set = f"{API}/data-sets/d1"
    httpserver.expect_request(data_set).respond_with_json(SUMMARY)
    httpserver.expect_request(f"{data_set}/meta").respond_with_json(meta)
    httpserver.expect_request(f"{data_set}/query").respond_with_json(page(1, 1, 1, row))
    dataset = on_loopback("dfe_neet", httpserver)
    (liverpool,) = rows_of(dataset, fetched(dataset, session, tmp_path), "authorities")
    assert {name: liverpool[name] for name in ("time_period", "new_la_code", "age", "cohort", "neet_percent")} == {
        "time_period": "2025",
        "new_la_code": "E08000012",
        "age": "16-17",
        "cohort": "11151",
        "neet_percent": "5.9",
    }


def test_data_set_that_the_api_does_not_have_is_named(httpserver: HTTPServer, session: PoliteSession) -> None:
    serve_publications(httpserver, "Participation in education by region")
    with pytest.raises(NothingFoundError, match="Participation in education by region") as missing:
        discover(on_loopback("dfe_neet", httpserver), session)
    assert "mirror:DIR" in str(missing.value)


# --- the tool's file -------------------------------------------------------------------------------------


def test_file_of_the_tool_is_fetched_once(httpserver: HTTPServer, session: PoliteSession, tmp_path: Path) -> None:
    httpserver.expect_request("/main/bds_long_0.parquet", headers={"If-None-Match": '"a"'}).respond_with_data(
        status=304
    )
    httpserver.expect_request("/main/bds_long_0.parquet").respond_with_data(b"PAR1 PAR1", headers={"ETag": '"a"'})
    dataset = on_loopback("dfe_lait", httpserver)
    (file,) = fetched(dataset, session, tmp_path)
    assert (file.name, file.etag, file.path.read_bytes()) == ("bds_long_0.parquet", '"a"', b"PAR1 PAR1")
    (candidate,) = discover(dataset, session)
    assert fetch(dataset, candidate, session, tmp_path, lambda _: ('"a"', None)) is None


@pytest.mark.parametrize(
    "how",
    [
        "{method: ees, indicators: [a]}",
        "{method: ees, data_set: x, publication: y, title: z, indicators: [a]}",
        "{method: ees, publication: y, indicators: [a]}",
        "{method: ees, data_set: x, indicators: []}",
        "{method: ees, data_set: x, indicators: [a], filters: {b: '('}}",
    ],
)
def test_half_told_discovery_is_an_error_of_the_catalogue(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "toy"
    folder.mkdir()
    path = folder / "toy.yml"
    path.write_text(
        "dataset: toy\npublisher: toy\ntitle: t\ndescription: d\nattribution: a\n"
        "landing_page: https://example.org\ncadence: P1Y\nwhole_series: true\nverified: true\nmedia: json\n"
        f"discover: {how}\ntables: [{{name: t, format: ees_json, columns: {{a: A}}}}]\n",
        encoding="utf-8",
    )
    with pytest.raises(CatalogueError, match=r"toy\.yml"):
        load_dataset(path)


def replies(server: HTTPServer, data_set: str, filters: list[str], values: dict[str, str]) -> None:
    """A data set of one row for Liverpool in 2024/25: every filter with the option Total."""
    meta = META | {
        "filters": [
            {"id": f"f{column}", "column": column, "label": column, "options": [{"id": "t", "label": "Total"}]}
            for column in filters
        ],
        "indicators": [{"id": f"i{column}", "column": column, "label": column} for column in values],
    }
    row = result("LA", "") | {
        "filters": {f"f{column}": "t" for column in filters},
        "values": {f"i{column}": value for column, value in values.items()},
    }
    path = f"{API}/data-sets/{data_set}"
    server.expect_request(path).respond_with_json(SUMMARY)
    server.expect_request(f"{path}/meta").respond_with_json(meta)
    server.expect_request(f"{path}/query").respond_with_json(page(1, 1, 1, row))


def test_key_stage_4_asks_for_everybody_of_two_filters_and_keeps_the_rest_apart(
    httpserver: HTTPServer, session: PoliteSession, tmp_path: Path
) -> None:
    dataset = on_loopback("dfe_key_stage_4", httpserver)
    values = {
        "pupil_count": "5100",
        "attainment8_average": "41.5",
        "engmath_95_percent": "36.1",
        "engmath_94_percent": "57.3",
    }
    filters = ["sex", "disadvantage_status", "sen_status", "young_carer"]
    replies(httpserver, "b3e19901-5d2b-b676-bb4c-e60937d74725", filters, values)
    (candidate,) = discover(dataset, session)
    assert candidate.url.endswith("&filters.eq=t&filters.in=t")
    (liverpool,) = rows_of(dataset, fetched(dataset, session, tmp_path), "pupils")
    assert (liverpool["pupil_count"], liverpool["engmath_94_percent"]) == ("5100", "57.3")
    assert (liverpool["sen_status"], liverpool["young_carer"], liverpool["mobility"]) == ("Total", "Total", "")


def test_key_stage_5_is_the_data_set_of_authorities_among_those_of_its_publication(
    httpserver: HTTPServer, session: PoliteSession, tmp_path: Path
) -> None:
    serve_publications(
        httpserver,
        "Aggregated attainment by parliamentary constituency",
        "Schools and colleges - performance",
        "Subject entries by local authority",
        "Aggregated attainment by region and local authority",
    )
    values = {"aps_per_entry_student_count": "2000", "aps_per_entry": "34.05", "best_three_alevels_aps": "35.1"}
    replies(httpserver, "d3", ["exam_cohort"], values)
    dataset = on_loopback("dfe_16_to_18_results", httpserver)
    (liverpool,) = rows_of(dataset, fetched(dataset, session, tmp_path), "students")
    assert (liverpool["students"], liverpool["points_per_entry"]) == ("2000", "34.05")


def test_key_stage_5_without_a_data_set_of_authorities_names_what_there_is(
    httpserver: HTTPServer, session: PoliteSession
) -> None:
    serve_publications(httpserver, "Schools and colleges - performance")
    with pytest.raises(NothingFoundError, match="Schools and colleges - performance"):
        discover(on_loopback("dfe_16_to_18_results", httpserver), session)
