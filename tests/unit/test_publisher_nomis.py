"""Nomis: what is asked, how pages are put together, and which replies are refused. Real HTTP on loopback."""

from __future__ import annotations

import datetime as dt
import logging
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fake_nomis import AREAS, HOME, FakeNomis, Rows
from loopback import host_of, loopback_session
from pytest_httpserver import HTTPServer
from werkzeug import Response

from sources.catalogue import CATALOGUE_DIR, load_dataset
from sources.errors import NetworkError, NothingFoundError, PayloadError, SourceError
from sources.http import THROTTLES, PoliteSession, Throttle
from sources.landing import Landing
from sources.origins import LiveOrigin, OriginSpec
from sources.place import place
from sources.publishers import nomis
from sources.readers import read_release
from sources.release import Candidate, Payload, PayloadFile

MEASURES = {"20100": "Value"}
JOBS = {"item": {"1": "Total jobs", "3": "Jobs density"}, "measures": MEASURES}
INDUSTRIES = {"37748736": "Total"} | {str(150994945 + n): f"{chr(65 + n)} : section" for n in range(21)}
BRES = {
    "industry": INDUSTRIES,
    "employment_status": {"1": "Employees", "4": "Employment"},
    "measure": {"1": "Count"},
    "measures": MEASURES,
}
SURVEY = {
    "variable": {
        "45": "Employment rate - aged 16-64",
        "111": "% who are economically inactive - aged 16-64",
        "290": "% with NVQ4+ - aged 16-64",
        "720": "% with NVQ3+ - aged 16-64",
        "344": "% with no qualifications (NVQ) - aged 16-64",
        "1902": "% with RQF4+ - aged 16-64 ",
        "1911": "% with rqf3+ - Aged  16-64",
        "1920": "% with RQF2+ - aged 16-64",
        "1929": "% with RQF1+ - aged 16-64",
        "1903": "% with RQF4+ - males aged 16-64",
        "1947": "% with no qualifications (RQF) - aged 16-64",
    },
    "measures": {"20599": "Variable", "21001": "Numerator", "21002": "Denominator", "21003": "Confidence"},
}
UID = "0x0123456789abcdef"


def never_landed(_: str) -> tuple[None, None]:
    return None, None


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


@pytest.fixture
def jobs(httpserver: HTTPServer) -> FakeNomis:
    """Jobs density: 9 areas x 2 dates x 2 items = 36 cells."""
    return FakeNomis(httpserver, "NM_57_1", JOBS, ["1998", "2022", "2023"])


@pytest.fixture
def bres(httpserver: HTTPServer) -> FakeNomis:
    return FakeNomis(httpserver, "NM_189_1", BRES, ["2013", "2014", "2015", "2024"])


@pytest.fixture
def survey(httpserver: HTTPServer) -> FakeNomis:
    dates = ["2003-12", "2004-03", "2004-12", "2021-12", "2022-03", "2022-12", "2023-03", "2023-12", "2026-06"]
    return FakeNomis(httpserver, "NM_17_5", SURVEY, dates)


@pytest.fixture
def pages_of_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nomis, "PAGE_CELLS", 10)


def fetch_first(fake: FakeNomis, session: PoliteSession, folder: Path) -> tuple[PayloadFile, ...]:
    """All pages of the first query of the fake's dataset."""
    dataset = fake.dataset()
    candidate = nomis.discover(dataset, session)[0]
    files = nomis.fetch(dataset, candidate, session, folder, never_landed)
    assert files is not None
    return files


def asked_codes(candidate: Candidate) -> dict[str, list[str]]:
    return {name: values[0].split(",") for name, values in parse_qs(urlsplit(candidate.url).query).items()}


def asked_classes() -> list[str]:
    """Nomis ids of the classes of industry that the catalogue asks for."""
    query = load_dataset(CATALOGUE_DIR / "nomis/nomis_nm_189_1_classes.yml").discover.queries[0]  # type: ignore[union-attr]
    return [code.strip() for code in query.parameters["industry"].split(",")]


# --- what is asked


def test_a_request_names_every_code_it_wants(bres: FakeNomis, session: PoliteSession) -> None:
    (candidate,) = nomis.discover(bres.dataset(), session)
    asked = asked_codes(candidate)
    assert asked["industry"] == list(INDUSTRIES)
    assert asked["date"] == ["2015", "2024"]
    assert asked["geography"] == ["TYPE424", "E92000001", "K03000001", "E12000002"]
    assert (asked["employment_status"], asked["measure"], asked["measures"]) == (["4", "1"], ["1"], ["20100"])
    assert candidate.file_name == "NM_189_1.csv"


def test_classes_are_asked_one_by_one_for_the_home_authorities(httpserver: HTTPServer, session: PoliteSession) -> None:
    fake = FakeNomis(httpserver, "NM_189_1", BRES, ["2014", "2015", "2024"], cut_of="classes")
    (candidate,) = nomis.discover(fake.dataset(), session)
    asked = asked_codes(candidate)
    assert asked["geography"] == [*HOME, "E92000001", "E12000002"]
    assert (asked["date"], asked["employment_status"], asked["measure"]) == (["2015", "2024"], ["4"], ["1"])
    assert {len(code) for code in asked["industry"]} == {9}
    assert "138417843" in asked["industry"]  # 58.11, book publishing
    assert len(set(asked["industry"])) == len(asked["industry"])


def test_classes_come_back_with_their_four_digits(
    httpserver: HTTPServer, session: PoliteSession, tmp_path: Path
) -> None:
    codes = asked_classes()
    industries = dict.fromkeys(codes, "class")
    fake = FakeNomis(httpserver, "NM_189_1", BRES | {"industry": industries}, ["2024"], cut_of="classes")
    files = fetch_first(fake, session, tmp_path)
    rows = read_release(fake.dataset(), [file.source_file for file in files], "r")["cells"]
    assert rows.num_rows == len(codes) * 8
    assert {f"{int(code) - 138412032:04}" for code in codes} == set(rows.column("industry_code").to_pylist())


def test_a_class_that_silently_became_the_total_is_refused(
    httpserver: HTTPServer, session: PoliteSession, tmp_path: Path
) -> None:
    known = dict.fromkeys(asked_classes(), "class") | {"37748736": "Total"}
    del known["138417843"]
    fake = FakeNomis(httpserver, "NM_189_1", BRES | {"industry": known}, ["2024"], cut_of="classes")
    with pytest.raises(PayloadError, match="found no 138417843"):
        fetch_first(fake, session, tmp_path)


def test_small_areas_are_asked_by_code(httpserver: HTTPServer, session: PoliteSession, tmp_path: Path) -> None:
    fake = FakeNomis(httpserver, "NM_189_1", BRES, ["2014", "2023", "2024"], cut_of="lsoa")
    (page,) = fetch_first(fake, session, tmp_path)
    assert fake.asked[0]["geography"] == "E01033760"
    assert read_release(fake.dataset(), [page.source_file], "r")["cells"].num_rows == 2


def test_survey_is_asked_in_three_parts_with_dates_of_their_own(survey: FakeNomis, session: PoliteSession) -> None:
    parts = {candidate.part: asked_codes(candidate) for candidate in nomis.discover(survey.dataset(), session)}
    assert list(parts) == ["employment", "qualifications_nvq", "qualifications_rqf"]
    assert parts["employment"]["date"] == ["2004-12", "2021-12", "2022-12", "2023-03", "2023-12", "2026-06"]
    assert parts["qualifications_nvq"]["date"] == ["2004-12", "2021-12"]
    assert parts["qualifications_rqf"]["date"] == ["2022-12", "2023-12"]
    assert all(part["measures"] == ["20599", "21001", "21002", "21003"] for part in parts.values())


def test_rqf_variables_are_found_by_label_and_never_among_nvq(survey: FakeNomis, session: PoliteSession) -> None:
    nvq, rqf = (asked_codes(candidate)["variable"] for candidate in nomis.discover(survey.dataset(), session)[1:])
    assert rqf == ["1929", "1920", "1911", "1902", "1947"]
    assert nvq == ["290", "720", "344"]


def survey_with(httpserver: HTTPServer, variables: dict[str, str]) -> FakeNomis:
    return FakeNomis(httpserver, "NM_17_5", SURVEY | {"variable": variables}, ["2021-12", "2023-12"])


def test_label_that_nomis_does_not_have_is_named(httpserver: HTTPServer, session: PoliteSession) -> None:
    fewer = {code: label for code, label in SURVEY["variable"].items() if code != "1911"}
    *others, error = nomis.discover(survey_with(httpserver, fewer).dataset(), session)
    assert [candidate.part for candidate in others] == ["employment", "qualifications_nvq"]
    assert isinstance(error, NothingFoundError)
    assert "% with RQF3+ - aged 16-64" in str(error)
    assert "variable.def.sdmx.json" in error.where


def test_label_of_two_codes_is_refused(httpserver: HTTPServer, session: PoliteSession) -> None:
    doubled = SURVEY["variable"] | {"2000": "% with RQF3+ - aged 16-64"}
    *_, error = nomis.discover(survey_with(httpserver, doubled).dataset(), session)
    assert isinstance(error, NothingFoundError)
    assert "codes 1911, 2000" in str(error)


def test_a_part_that_is_not_to_be_found_leaves_the_others(
    httpserver: HTTPServer, session: PoliteSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewer = {code: label for code, label in SURVEY["variable"].items() if code != "1911"}
    monkeypatch.setattr("sources.origins.publisher_of", lambda _: nomis)
    origin = LiveOrigin(OriginSpec("live"), Landing(tmp_path / "landing"), session)
    dataset = survey_with(httpserver, fewer).dataset()
    employment, nvq, error = origin.payloads(dataset, tmp_path / "scratch")
    assert [payload.part for payload in (employment, nvq) if isinstance(payload, Payload)] == [
        "employment",
        "qualifications_nvq",
    ]
    assert isinstance(error, NothingFoundError)


def test_no_date_of_the_wanted_kind_is_said(httpserver: HTTPServer, session: PoliteSession) -> None:
    fake = FakeNomis(httpserver, "NM_189_1", BRES, ["2009", "2010"])
    with pytest.raises(NothingFoundError, match="the last ones are 2009, 2010"):
        nomis.discover(fake.dataset(), session)


@pytest.mark.parametrize(
    ("said", "published_at"),
    [
        ("2026-10-13 09:30:00", dt.date(2026, 10, 13)),
        ("2026-10-13", dt.date(2026, 10, 13)),
        ("soon", None),
        (None, None),
    ],
)
def test_last_update_dates_the_release(
    jobs: FakeNomis, session: PoliteSession, said: str | None, published_at: dt.date | None
) -> None:
    jobs.last_updated = said
    (candidate,) = nomis.discover(jobs.dataset(), session)
    assert candidate.published_at == published_at


# --- pages


@pytest.mark.usefixtures("pages_of_ten")
def test_pages_are_kept_as_they_came_and_read_as_one_release(
    jobs: FakeNomis, session: PoliteSession, tmp_path: Path
) -> None:
    files = fetch_first(jobs, session, tmp_path)
    assert [file.name for file in files] == [f"NM_57_1_page00{number}.csv" for number in (1, 2, 3, 4)]
    assert [ask["recordoffset"] for ask in jobs.asked] == ["0", "10", "20", "30"]
    for file, ask in zip(files, jobs.asked, strict=True):
        assert file.path.read_bytes() == jobs.page(ask)
        assert file.url.endswith(f"&RecordLimit=10&RecordOffset={ask['recordoffset']}")
    rows = read_release(jobs.dataset(), [file.source_file for file in files], "r")["cells"]
    assert rows.num_rows == 36
    assert set(rows.column("geography_code").to_pylist()) == set(HOME) | {"E92000001", "K03000001", "E12000002"}
    assert len({(row["date_code"], row["geography_code"], row["item"]) for row in rows.to_pylist()}) == rows.num_rows


@pytest.mark.usefixtures("pages_of_ten")
def test_a_total_that_fills_its_last_page_is_asked_beyond_the_end(
    jobs: FakeNomis, session: PoliteSession, tmp_path: Path
) -> None:
    jobs.dates = ["2019", "2020", "2021", "2022", "2023"]
    files = fetch_first(jobs, session, tmp_path)
    assert [ask["recordoffset"] for ask in jobs.asked] == [str(offset) for offset in range(0, 100, 10)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [file.name for file in files]
    assert len(files) == 9


@pytest.mark.usefixtures("pages_of_ten")
def test_a_total_cut_together_with_the_reply_is_noticed(
    jobs: FakeNomis, session: PoliteSession, tmp_path: Path
) -> None:
    def total_of_ten(page: Rows, offset: int) -> Rows:
        return [page[0], *([*row[:-1], "10"] for row in page[1:])]

    jobs.spoil = total_of_ten
    with pytest.raises(PayloadError, match="10 cells, as RECORD_COUNT says; found more behind them"):
        fetch_first(jobs, session, tmp_path)


@pytest.mark.usefixtures("pages_of_ten")
def test_pages_shorter_than_asked_are_followed_from_where_they_end(
    jobs: FakeNomis, session: PoliteSession, tmp_path: Path
) -> None:
    jobs.cut = 7
    files = fetch_first(jobs, session, tmp_path)
    assert [ask["recordoffset"] for ask in jobs.asked] == ["0", "7", "14", "21", "28", "35"]
    rows = read_release(jobs.dataset(), [file.source_file for file in files], "r")["cells"]
    assert rows.num_rows == 36


def test_a_reply_cut_at_25000_cells_is_never_taken_for_the_whole(
    httpserver: HTTPServer, session: PoliteSession, tmp_path: Path
) -> None:
    years = [str(year) for year in range(2015, 2015 + 70)]
    fake = FakeNomis(httpserver, "NM_189_1", BRES, years)  # 9 x 70 x 44 = 27,720 cells
    first, second = fetch_first(fake, session, tmp_path)
    assert [ask["recordlimit"] for ask in fake.asked] == ["25000", "25000"]
    assert len(first.path.read_bytes().splitlines()) == 25_001
    assert len(second.path.read_bytes().splitlines()) == 2_721


def stops(page: Rows, offset: int) -> Rows:
    return page if offset < 20 else page[:1]


def starts_again(page: Rows, offset: int) -> Rows:
    return [page[0], *([*row[:-2], str(int(row[-2]) - offset), row[-1]] for row in page[1:])]


def counts_anew(page: Rows, offset: int) -> Rows:
    return [page[0], *([*row[:-1], str(36 + offset)] for row in page[1:])]


def repeats_a_row(page: Rows, offset: int) -> Rows:
    return [*page[:-1], page[-2]]


def loses_its_count(page: Rows, offset: int) -> Rows:
    return [page[0], *([*row[:-1], ""] for row in page[1:])]


@pytest.mark.usefixtures("pages_of_ten")
@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (stops, "found none after 20 of 36"),
        (starts_again, "expected rows with RECORD_OFFSET 10 to 19; found 10 rows with RECORD_OFFSET 0 to 9"),
        (counts_anew, "expected RECORD_COUNT 36 in every row, and no more rows than that; found RECORD_COUNT 46"),
        (repeats_a_row, "found 10 rows with RECORD_OFFSET 0 to 8"),
        (loses_its_count, "found RECORD_COUNT None after 10 rows"),
        (lambda page, offset: page[:1], "expected cells; found none at all"),
    ],
)
def test_pages_that_do_not_add_up_are_refused(
    jobs: FakeNomis, session: PoliteSession, tmp_path: Path, spoil: Callable[[Rows, int], Rows], found: str
) -> None:
    jobs.spoil = spoil
    with pytest.raises(PayloadError, match=found):
        fetch_first(jobs, session, tmp_path)


# --- codes


def without(name: str, value: str) -> Callable[[Rows, int], Rows]:
    """Leaves out the rows in which column `name` is `value`, and counts the rest as if nothing had happened."""

    def spoil(page: Rows, offset: int) -> Rows:
        at = page[0].index(name)
        kept = [row for row in page[1:] if row[at] != value]
        return [page[0], *([*row[:-2], str(number), str(len(kept))] for number, row in enumerate(kept))]

    return spoil


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("GEOGRAPHY_CODE", "E92000001", "found no E92000001"),
        ("GEOGRAPHY_TYPECODE", "424", "found no TYPE424"),
        ("DATE_CODE", "2022", "expected date 2022, 2023; found no 2022"),
        ("ITEM", "3", "expected item 1, 3; found no 3"),
    ],
)
def test_an_asked_code_that_is_not_in_the_reply_is_named(
    jobs: FakeNomis, session: PoliteSession, tmp_path: Path, name: str, value: str, found: str
) -> None:
    jobs.spoil = without(name, value)
    with pytest.raises(PayloadError, match=found):
        fetch_first(jobs, session, tmp_path)


def test_measures_that_the_reply_leaves_out_are_named(
    survey: FakeNomis, session: PoliteSession, tmp_path: Path
) -> None:
    survey.spoil = without("MEASURES", "21003")
    with pytest.raises(PayloadError, match="found no 21003"):
        fetch_first(survey, session, tmp_path)


def test_an_industry_that_silently_became_the_total_is_refused(
    httpserver: HTTPServer, session: PoliteSession, tmp_path: Path
) -> None:
    known = {code: label for code, label in INDUSTRIES.items() if code != "150994947"}
    fake = FakeNomis(httpserver, "NM_189_1", BRES | {"industry": known}, ["2024"])
    with pytest.raises(PayloadError, match="found no 150994947"):
        fetch_first(fake, session, tmp_path)


def test_codes_that_nobody_asked_for_are_refused(jobs: FakeNomis, session: PoliteSession, tmp_path: Path) -> None:
    def item_four(page: Rows, offset: int) -> Rows:
        at = page[0].index("ITEM")
        return [page[0], *page[1:-1], [*page[-1][:at], "4", *page[-1][at + 1 :]]]

    jobs.spoil = item_four
    with pytest.raises(PayloadError, match="expected item 1, 3 and no other; found 4 too"):
        fetch_first(jobs, session, tmp_path)


# --- bytes


def renamed(page: Rows, offset: int) -> Rows:
    return [[name.replace("OBS_VALUE", "VALUE") for name in page[0]], *page[1:]]


def narrower(page: Rows, offset: int) -> Rows:
    return [row[:-4] + row[-3:] for row in page]


def reordered(page: Rows, offset: int) -> Rows:
    return [[*row[6:12], *row[:6], *row[12:]] for row in page]


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (renamed, "found missing OBS_VALUE; unknown VALUE"),
        (narrower, "found missing OBS_CONF_NAME"),
        (reordered, "found them in another order"),
        (lambda page, offset: [page[0], *page[1:-1], page[-1][:9]], "expected whole rows"),
    ],
)
def test_another_header_or_a_torn_row_is_refused(
    jobs: FakeNomis, session: PoliteSession, tmp_path: Path, spoil: Callable[[Rows, int], Rows], found: str
) -> None:
    jobs.spoil = spoil
    with pytest.raises(PayloadError, match=found):
        fetch_first(jobs, session, tmp_path)


@pytest.mark.parametrize(
    ("body", "status", "error", "found"),
    [
        (b"", 200, PayloadError, "0 bytes"),
        (b"<!DOCTYPE html><html><title>Nomis API</title></html>", 200, PayloadError, "an HTML page"),
        (b"Error: Unable to contact data engine", 200, PayloadError, "an error message"),
        (b"Error: Unable to contact data engine", 500, NetworkError, "HTTP 500"),
        (b"Too many requests", 429, NetworkError, "HTTP 429"),
    ],
)
def test_what_nomis_sends_in_place_of_data_is_refused(
    httpserver: HTTPServer,
    session: PoliteSession,
    tmp_path: Path,
    body: bytes,
    status: int,
    error: type[SourceError],
    found: str,
) -> None:
    httpserver.expect_request("/api/v01/dataset/NM_57_1.data.csv").respond_with_response(
        Response(body, status=status, content_type="text/csv")
    )
    dataset = load_dataset(CATALOGUE_DIR / "nomis" / "nomis_nm_57_1.yml")
    url = httpserver.url_for("/api/v01/dataset/NM_57_1.data.csv?geography=TYPE424&date=2023&item=1,3&measures=20100")
    candidate = Candidate("nomis_nm_57_1", "", "Jobs density", url, "NM_57_1.csv")
    with pytest.raises(error, match=found) as raised:
        nomis.fetch(dataset, candidate, session, tmp_path, never_landed)
    assert (raised.value.publisher, raised.value.dataset) == ("nomis", "nomis_nm_57_1")
    assert "NM_57_1.data.csv?geography=TYPE424" in raised.value.where


# --- manners


def test_uid_goes_with_the_request_and_nowhere_else(
    jobs: FakeNomis,
    session: PoliteSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("NOMIS_UID", UID)
    monkeypatch.setattr(nomis, "PAGE_CELLS", 10)
    monkeypatch.setattr("sources.origins.publisher_of", lambda _: nomis)
    landing = Landing(tmp_path / "landing")
    origin = LiveOrigin(OriginSpec("live"), landing, session)
    with caplog.at_level(logging.DEBUG):
        (payload,) = origin.payloads(jobs.dataset(), tmp_path / "scratch")
        assert isinstance(payload, Payload)
        landing.commit(landing.store(payload))
        jobs.spoil = without("ITEM", "3")
        with pytest.raises(PayloadError) as error:
            fetch_first(jobs, session, tmp_path)
    assert [ask.get("uid") for ask in jobs.asked] == [UID] * 5
    logged = [record.getMessage() for record in caplog.records if record.name != "werkzeug"]  # the server's own
    stored = [path.read_text() for path in landing.root.rglob("*") if path.is_file()]
    assert (len(stored), any("uid=***" in message for message in logged)) == (5, True)
    told = [*logged, *stored, repr(payload), *traceback.format_exception(error.value)]
    assert [text for text in told if UID in text] == []


def test_without_uid_none_is_sent(jobs: FakeNomis, session: PoliteSession, tmp_path: Path) -> None:
    fetch_first(jobs, session, tmp_path)
    assert [ask for ask in jobs.asked if "uid" in ask] == []


def test_two_datasets_at_once_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nomis, "PAGE_CELLS", 10)
    folders = [tmp_path / "a", tmp_path / "b"]

    def fetch_both(fake: FakeNomis, throttle: Throttle) -> list[int]:
        """Pages that each of two threads fetched through one session."""
        host = host_of(fake.server)
        with loopback_session(fake.server, throttle={host: throttle}) as session, ThreadPoolExecutor(2) as pool:
            return [len(files) for files in pool.map(lambda folder: fetch_first(fake, session, folder), folders)]

    with HTTPServer(threaded=True) as server:
        fake = FakeNomis(server, "NM_57_1", JOBS, ["2022", "2023"], seconds=0.01)
        assert fetch_both(fake, replace(THROTTLES["www.nomisweb.co.uk"], min_interval=0.0)) == [4, 4]
        assert (fake.at_once, len(fake.asked)) == (1, 8)
        # Without Nomis's own throttle the two meet, and the fake notices.
        assert fetch_both(fake, Throttle(0.0, 2)) == [4, 4]
        assert fake.at_once == 2


def test_nothing_is_fetched_while_nothing_was_updated(jobs: FakeNomis, session: PoliteSession, tmp_path: Path) -> None:
    dataset = jobs.dataset()
    (candidate,) = nomis.discover(dataset, session)
    (page,) = fetch_first(jobs, session, tmp_path)
    assert page.last_modified == "2026-10-13"
    landed = {page.url: (page.etag, page.last_modified)}

    def validators(url: str) -> tuple[str | None, str | None]:
        return landed.get(url, (None, None))

    jobs.asked.clear()
    assert nomis.fetch(dataset, candidate, session, tmp_path, validators) is None
    assert jobs.asked == []
    newer = replace(candidate, published_at=dt.date(2026, 10, 14))
    assert nomis.fetch(dataset, newer, session, tmp_path, validators) is not None
    unknown = replace(candidate, published_at=None)
    assert nomis.fetch(dataset, unknown, session, tmp_path, validators) is not None
    assert len(jobs.asked) == 2


def test_an_update_of_today_is_not_trusted_to_be_the_last(
    jobs: FakeNomis, session: PoliteSession, tmp_path: Path
) -> None:
    today = dt.datetime.now(dt.UTC).date()
    jobs.last_updated = f"{today} 09:30:00"
    (page,) = fetch_first(jobs, session, tmp_path)
    assert page.last_modified is None


def test_areas_come_once() -> None:
    """No area that the requests name by code is of a type that they also name."""
    for path in sorted((CATALOGUE_DIR / "nomis").glob("*.yml")):
        asked = place().spelt_out(load_dataset(path).discover.geography)  # type: ignore[union-attr]
        types = [code.removeprefix("TYPE") for code in asked if code.startswith("TYPE")]
        named = [code for code in asked if not code.startswith("TYPE")]
        assert [kind for kind in types if kind not in ("424", "442")] == []
        assert len(set(asked)) == len(asked)
        assert [code for code in named if AREAS[code][1] in types] == []
