"""Discovery through the GOV.UK Content API, on bodies like the API's, over HTTP on loopback."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from sources.catalogue import Dataset, load_catalogue
from sources.errors import NetworkError, NothingFoundError, PayloadError, SourceError
from sources.http import PoliteSession
from sources.publishers import publisher_of
from sources.publishers.govuk import discover, fetch
from sources.release import Candidate
from tests.loopback import loopback_session

GHG, HEE = "desnz_ghg_emissions", "desnz_household_energy_efficiency"
RENEWABLES, TFEC = "desnz_renewable_electricity", "desnz_final_energy_consumption"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA = "https://assets.publishing.service.gov.uk/media/6a3bacc9d52550a19950f2f5"
GHG_PAGE = "/government/statistics/uk-local-authority-and-regional-greenhouse-gas-emissions-statistics-2005-to-2024"
GHG_COLLECTION = "/government/collections/uk-local-authority-and-regional-greenhouse-gas-emissions-statistics"
RENEWABLES_PAGE = "/government/statistics/regional-renewable-statistics"


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


def on_loopback(name: str, server: HTTPServer) -> Dataset:
    """The catalogue's dataset, asked for on the test's server."""
    dataset = load_catalogue()[name]
    how = dataset.discover.model_copy(update={"base_url": server.url_for("").rstrip("/")})
    return dataset.model_copy(update={"discover": how})


def serve(server: HTTPServer, path: str, body: Any) -> None:
    server.expect_request(f"/api/content{path}").respond_with_json(body)


def attachment(name: str, content_type: str, title: str = "", **more: Any) -> dict[str, Any]:
    item = {"attachment_type": "file", "id": name, "url": f"{MEDIA}/{name}", "content_type": content_type}
    return item | ({"title": title} if title else {}) | more


def page(*attachments: dict[str, Any], **more: Any) -> dict[str, Any]:
    details: dict[str, Any] = {"body": "<div></div>", "first_public_at": "2026-06-25T09:30:00.000+01:00"}
    details |= {"attachments": list(attachments)} if attachments else {}
    return {
        "title": "Emissions statistics: 2005 to 2024",
        "schema_name": "publication",
        "document_type": "national_statistics",
        "public_updated_at": "2026-06-25T08:30:00.000+00:00",
        "details": details,
    } | more


def collection(*documents: tuple[str, str]) -> dict[str, Any]:
    """A collection of (base_path, public_updated_at)."""
    linked = [{"base_path": path, "public_updated_at": updated} for path, updated in documents]
    return {"schema_name": "document_collection", "details": {}, "links": {"documents": linked}}


def found(dataset: Dataset, session: PoliteSession) -> Candidate:
    candidates = discover(dataset, session)
    assert len(candidates) == 1
    return candidates[0]


# --- which page ------------------------------------------------------------------------------------------


def test_newest_release_is_the_latest_year_in_the_slug(httpserver: HTTPServer, session: PoliteSession) -> None:
    stem = "/government/statistics/uk-local-authority-and-regional"
    serve(
        httpserver,
        GHG_COLLECTION,
        collection(
            (f"{stem}-greenhouse-gas-emissions-statistics-2005-to-2023", "2026-07-09T09:00:00Z"),  # corrected last
            (GHG_PAGE, "2026-06-25T08:30:00Z"),
            (f"{stem}-carbon-dioxide-emissions-national-statistics-2005-2019", "2021-06-24T08:30:00Z"),
            ("/government/publications/local-authority-emissions-technical-report-2030", "2026-06-25T08:30:00Z"),
        ),
    )
    serve(httpserver, GHG_PAGE, page(attachment("2005-24-local-authority-ghg-emissions-csv-dataset.csv", "text/csv")))
    candidate = found(on_loopback(GHG, httpserver), session)
    assert candidate == Candidate(
        dataset=GHG,
        part="",
        title="Emissions statistics: 2005 to 2024",
        url=f"{MEDIA}/2005-24-local-authority-ghg-emissions-csv-dataset.csv",
        file_name="2005-24-local-authority-ghg-emissions-csv-dataset.csv",
        published_at=dt.date(2026, 6, 25),
    )


def test_monthly_releases_are_ordered_by_month(httpserver: HTTPServer, session: PoliteSession) -> None:
    stem = "/government/statistics/household-energy-efficiency-statistics-headline-release"
    months = ["april-2026", "february-2026", "december-2025", "may-2026", "march-2026"]
    serve(
        httpserver,
        "/government/collections/household-energy-efficiency-national-statistics",
        collection(
            *[(f"{stem}-{month}", "2026-01-01T00:00:00Z") for month in months],
            (
                "/government/statistics/household-energy-efficiency-statistics-detailed-report-2026",
                "2026-08-01T00:00:00Z",
            ),
        ),
    )
    serve(
        httpserver,
        f"{stem}-may-2026",
        page(
            attachment("HEE_Detailed_tables.xlsx", XLSX),
            attachment("Headline_HEE_tables_May_2026.xlsx", XLSX, "Headline tables"),
        ),
    )
    candidate = found(on_loopback(HEE, httpserver), session)
    assert (candidate.file_name, candidate.title) == ("Headline_HEE_tables_May_2026.xlsx", "Headline tables")


def test_every_known_slug_of_a_release_is_recognised(httpserver: HTTPServer, session: PoliteSession) -> None:
    stem = "/government/statistics/total-final-energy-consumption-at-regional-and-local-authority-level-2005"
    serve(
        httpserver,
        "/government/collections/total-final-energy-consumption-at-sub-national-level",
        collection((f"{stem}-to-2024", "2026-09-24T08:30:00Z"), (f"{stem}-2021", "2026-10-01T08:30:00Z")),
    )
    name = "Subnational_total_final_energy_consumption_2005_2024.xlsx"
    serve(httpserver, f"{stem}-to-2024", page(attachment(name, XLSX)))
    assert found(on_loopback(TFEC, httpserver), session).file_name == name


def test_collection_without_a_fitting_release_names_what_it_has(httpserver: HTTPServer, session: PoliteSession) -> None:
    serve(httpserver, GHG_COLLECTION, collection(("/government/statistics/something-else-2024", "")))
    with pytest.raises(NothingFoundError, match=r"found 1 documents \(/government/statistics/something-else-2024\)"):
        discover(on_loopback(GHG, httpserver), session)


@pytest.mark.published
def test_real_collection_body_is_followed(httpserver: HTTPServer, session: PoliteSession, published_dir: Path) -> None:
    body = json.loads((published_dir / "govuk/content_api_examples/document_collection.json").read_text())
    dataset = on_loopback(GHG, httpserver)
    how = dataset.discover.model_copy(update={"release": r"/government/publications/(?P<year>)car-and-light-van"})
    wanted = "/government/publications/car-and-light-van-driver-competence-framework"
    serve(httpserver, GHG_COLLECTION, body)
    serve(httpserver, wanted, page(attachment("local-authority.csv", "text/csv")))
    assert found(dataset.model_copy(update={"discover": how}), session).file_name == "local-authority.csv"


# --- which file ------------------------------------------------------------------------------------------


def serve_renewables(server: HTTPServer, body: dict[str, Any]) -> Dataset:
    serve(server, RENEWABLES_PAGE, body)
    return on_loopback(RENEWABLES, server)


def serve_ghg(server: HTTPServer, body: dict[str, Any]) -> Dataset:
    serve(server, GHG_COLLECTION, collection((GHG_PAGE, "2026-06-25T08:30:00Z")))
    serve(server, GHG_PAGE, body)
    return on_loopback(GHG, server)


@pytest.mark.parametrize(
    "name",
    [
        "uk-local-authority-ghg-emissions-2020-dataset.csv",
        "2005-21-local-authority-ghg-emissions-csv-dataset-update-060723.csv",
        "2005-2022-local-authority-ghg-emissions-csv-dataset.csv",
        "2005-23-uk-local-authority-ghg-emissions-CSV-dataset.csv",
        "2005-24-local-authority-ghg-emissions-csv-dataset.csv",
    ],
)
def test_every_spelling_of_the_emissions_file_is_found(
    httpserver: HTTPServer, session: PoliteSession, name: str
) -> None:
    body = page(
        attachment("2005-24-protected-landscapes-local-authority-ghg-emissions.csv", "text/csv"),
        attachment("2005-24-uk-local-authority-ghg-emissions.xlsx", XLSX),
        attachment("local-authority-technical-report.pdf", "application/pdf"),
        attachment(name, "text/csv"),
    )
    assert found(serve_ghg(httpserver, body), session).url == f"{MEDIA}/{name}"


def test_title_decides_where_no_file_name_fits(httpserver: HTTPServer, session: PoliteSession) -> None:
    body = page(
        attachment("data_tables.xlsx", XLSX, "Renewable electricity by local authority, 2014 to 2024"),
        attachment("other.xlsx", XLSX, "Renewable electricity by region"),
    )
    candidate = found(serve_renewables(httpserver, body), session)
    assert candidate.file_name == "data_tables.xlsx"
    assert candidate.title == "Renewable electricity by local authority, 2014 to 2024"


def test_of_several_fitting_files_the_newest_years_is_taken(httpserver: HTTPServer, session: PoliteSession) -> None:
    names = [f"Renewable_electricity_by_local_authority_2014_-_{year}.xlsx" for year in (2022, 2024, 2023)]
    body = page(*[attachment(name, XLSX) for name in names])
    assert found(serve_renewables(httpserver, body), session).file_name == names[1]


def test_html_and_external_attachments_are_no_files(httpserver: HTTPServer, session: PoliteSession) -> None:
    body = page(
        {"attachment_type": "html", "id": "1", "title": "Renewable electricity by local authority", "url": "/x"},
        {
            "attachment_type": "external",
            "id": "2",
            "url": "https://example.org/renewable-electricity-by-local-authority",
        },
        attachment("Renewable_electricity_by_local_authority.xlsx", XLSX, filename="r-e-by-local.xlsx"),
    )
    with pytest.raises(NothingFoundError, match=r"found 1 files \(r-e-by-local\.xlsx\)"):
        discover(serve_renewables(httpserver, body), session)


LINKS = """
<div class="govspeak"><a href="https://www.gov.uk/help">Help</a>
<a aria-hidden="true" href="{media}/Renewable_electricity_by_local_authority_2014_-_2024.xlsx"><img></a>
<a href="{media}/Renewable_electricity_by_local_authority_2014_-_2024.xlsx">Renewable electricity &amp; more:
  <span>by local authority</span></a>
<a href="/government/uploads/system/uploads/attachment_data/file/834142/{old}">Old</a>
<a href="{media}/Renewable_electricity_by_local_authority.ods">ODS</a></div>
"""


@pytest.mark.parametrize("place", ["body", "documents"])
def test_files_are_found_in_html_where_the_page_has_no_list(
    httpserver: HTTPServer, session: PoliteSession, place: str
) -> None:
    html = LINKS.format(media=MEDIA, old="Renewable_electricity_by_local_authority_2014_to_2018.xlsx")
    body = page()
    body["details"] = {"body": html} if place == "body" else {"body": "", "documents": ["<p>x</p>", html]}
    candidate = found(serve_renewables(httpserver, body), session)
    assert candidate.url == f"{MEDIA}/Renewable_electricity_by_local_authority_2014_-_2024.xlsx"
    assert candidate.title == "Renewable electricity & more: by local authority"


def test_older_relative_address_is_made_whole(httpserver: HTTPServer, session: PoliteSession) -> None:
    body = page()
    name = "Renewable_electricity_by_local_authority.xlsx"
    path = f"/government/uploads/system/uploads/attachment_data/file/834142/{name}"
    body["details"] = {"body": f'<a href="{path}">x</a>'}
    assert found(serve_renewables(httpserver, body), session).url == httpserver.url_for(path)


@pytest.mark.published
@pytest.mark.parametrize(
    ("sample", "files"),
    [
        ("publication-with-featured-attachments.json", r"1 files \(PUBLIC_1392629965\.pdf\)"),
        # Every file is linked twice there, and listed once.
        (
            "statistical_data_set_with_block_attachments.json",
            r"\d+ files \(AV_Number_of_Vacancies_Posted_Sep16\.xls, AV_NumberofapplicationsbyAge",
        ),
        ("statistics_publication.json", "no files"),
        ("best-practice-official-statistics.json", "no files"),
    ],
)
def test_real_bodies_without_the_file_say_what_they_offer(
    httpserver: HTTPServer, session: PoliteSession, published_dir: Path, sample: str, files: str
) -> None:
    body = json.loads((published_dir / "govuk/content_api_examples" / sample).read_text(encoding="utf-8"))
    with pytest.raises(NothingFoundError, match=rf"expected a xlsx attachment .*found {files}"):
        discover(serve_renewables(httpserver, body), session)


# --- when, and what can go wrong -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ({"public_updated_at": "2026-06-25T08:30:00Z"}, dt.date(2026, 6, 25)),
        ({"public_updated_at": "2026-06-24T23:15:00.000+00:00"}, dt.date(2026, 6, 25)),  # past midnight in London
        ({"public_updated_at": "2026-01-24T23:15:00.000+00:00"}, dt.date(2026, 1, 24)),
        ({"public_updated_at": None, "first_published_at": "2026-01-02T09:30:00Z"}, dt.date(2026, 1, 2)),
        ({"public_updated_at": None}, None),
    ],
)
def test_publication_day_is_the_london_day(
    httpserver: HTTPServer, session: PoliteSession, stamps: dict[str, str], expected: dt.date | None
) -> None:
    body = page(attachment("Renewable_electricity_by_local_authority.xlsx", XLSX), **stamps)
    del body["details"]["first_public_at"]
    assert found(serve_renewables(httpserver, body), session).published_at == expected


def test_first_public_day_stands_in(httpserver: HTTPServer, session: PoliteSession) -> None:
    body = page(attachment("Renewable_electricity_by_local_authority.xlsx", XLSX), public_updated_at=None)
    assert found(serve_renewables(httpserver, body), session).published_at == dt.date(2026, 6, 25)


def test_page_that_was_withdrawn_or_moved_is_a_clear_error(httpserver: HTTPServer, session: PoliteSession) -> None:
    dataset = serve_renewables(httpserver, {"schema_name": "gone", "base_path": RENEWABLES_PAGE})
    with pytest.raises(PayloadError, match=r"desnz / desnz_renewable_electricity: .*found an item of schema 'gone'"):
        discover(dataset, session)


def test_web_page_instead_of_json_is_a_clear_error(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_request(f"/api/content{RENEWABLES_PAGE}").respond_with_data("<!DOCTYPE html><p>Sorry")
    with pytest.raises(PayloadError, match=r"found an HTML page .*/api/content/government/statistics/regional"):
        discover(on_loopback(RENEWABLES, httpserver), session)


@pytest.mark.parametrize(("status", "kind"), [(404, SourceError), (503, NetworkError)])
def test_refused_request_is_a_clear_error(
    httpserver: HTTPServer, session: PoliteSession, status: int, kind: type[SourceError]
) -> None:
    httpserver.expect_request(f"/api/content{RENEWABLES_PAGE}").respond_with_data("no", status=status)
    with pytest.raises(kind, match=rf"desnz / desnz_renewable_electricity: .*HTTP {status}"):
        discover(on_loopback(RENEWABLES, httpserver), session)


def test_found_file_is_fetched_once_and_then_not_modified(
    httpserver: HTTPServer, session: PoliteSession, tmp_path: Path
) -> None:
    name = "Renewable_electricity_by_local_authority_2014_-_2024.xlsx"
    url = httpserver.url_for(f"/media/{name}")
    dataset = serve_renewables(httpserver, page(attachment(name, XLSX) | {"url": url}))
    httpserver.expect_request(f"/media/{name}", headers={"If-None-Match": '"v1"'}).respond_with_data("", status=304)
    httpserver.expect_request(f"/media/{name}").respond_with_data(b"PK\x03\x04", headers={"ETag": '"v1"'})
    publisher = publisher_of(dataset)
    candidate = publisher.discover(dataset, session)[0]
    files = publisher.fetch(dataset, candidate, session, tmp_path, lambda _: (None, None))
    assert files is not None
    assert (files[0].path.read_bytes(), files[0].etag, files[0].url) == (b"PK\x03\x04", '"v1"', url)
    assert fetch(dataset, candidate, session, tmp_path, lambda _: ('"v1"', None)) is None


# --- buildings and business rates: one page for each year, two files on one page ---------------------------

ODS, ZIP = "application/vnd.oasis.opendocument.spreadsheet", "application/zip"


def test_newest_floorspace_release_is_chosen_and_special_categories_are_not(
    httpserver: HTTPServer, session: PoliteSession
) -> None:
    dataset = on_loopback("voa_business_floorspace", httpserver)
    stem = "/government/statistics/non-domestic-rating"
    serve(
        httpserver,
        "/government/collections/valuation-office-agency-non-domestic-rating-statistics",
        collection(
            (f"{stem}-business-floorspace-march-2024", "2026-02-01T09:30:00Z"),  # corrected last
            (f"{stem}-business-floorspace-march-2025", "2025-12-18T09:30:00Z"),
            (f"{stem}-stock-of-properties-march-2026", "2026-05-14T09:30:00Z"),
            (f"{stem}-stock-of-properties-including-business-floorspace-2023", "2023-05-25T09:30:00Z"),
        ),
    )
    serve(
        httpserver,
        f"{stem}-business-floorspace-march-2025",
        page(
            attachment("NDR_SCat_Floorspace_LA_2025.zip", ZIP),
            attachment("NDR_Business_Floorspace_Tables_2025.xlsx", XLSX),
            attachment("NDR_Business_Floorspace_Tables_2025.zip", ZIP),
        ),
    )
    assert found(dataset, session).file_name == "NDR_Business_Floorspace_Tables_2025.zip"


def test_business_rates_bring_values_and_what_their_fields_mean(httpserver: HTTPServer, session: PoliteSession) -> None:
    dataset = on_loopback("mhclg_nndr3", httpserver)
    stem = "/government/statistics/national-non-domestic-rates-collected-by-councils-in-england"
    serve(
        httpserver,
        "/government/collections/national-non-domestic-rates-collected-by-councils",
        collection(
            (f"{stem}-2019-to-2020-provisional-data", "2026-07-23T08:30:00Z"),
            (f"{stem}-2025-to-2026", "2026-07-22T08:30:00Z"),
            (f"{stem}-forecast-2026-to-2027", "2026-02-18T09:30:00Z"),
        ),
    )
    serve(
        httpserver,
        f"{stem}-2025-to-2026",
        page(
            attachment("nndr3_25_26_meta.csv", "text/csv"),
            attachment("nndr3_25_26.csv", "text/csv"),
            attachment("nndr3_25_26_supplementary.csv", "text/csv"),
        ),
    )
    candidates = {candidate.part: candidate.file_name for candidate in discover(dataset, session)}
    assert candidates == {"": "nndr3_25_26.csv", "meta": "nndr3_25_26_meta.csv"}


def test_tables_of_certificates_are_two_files_of_one_page(httpserver: HTTPServer, session: PoliteSession) -> None:
    dataset = on_loopback("mhclg_epc_live_tables", httpserver)
    names = [
        *("A-_Non-Domestic_Properties.ods", "A1-_Non-Domestic_Properties.ods", "D1-_Domestic_Properties.ods"),
        *("D4B-_Domestic_Properties.ods", "DEC1-_Display_Energy_Certificates.ods"),
    ]
    serve(
        httpserver,
        "/government/statistical-data-sets/live-tables-on-energy-performance-of-buildings-certificates",
        page(*[attachment(name, ODS) for name in names]),
    )
    candidates = {candidate.part: candidate.file_name for candidate in discover(dataset, session)}
    assert candidates == {"A": "A-_Non-Domestic_Properties.ods", "D1": "D1-_Domestic_Properties.ods"}
