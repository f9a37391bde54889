"""Bad input on the whole way from a publisher's server to the landing zone, over HTTP on loopback.

In every case a good release landed the night before. What a bad one may do is say clearly what is wrong, and be put
aside; it may not touch what has landed, nor keep another dataset from its release.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from expectations.runner import Runner
from orchestration.assets.datasets import data_version
from sources.release import in_order, known_from
from tests.faults.nights import Source, Warehouse, told_of
from tests.faults.publishers import (
    LIVERPOOL,
    BusinessDemography,
    Coverage,
    HouseholdEnergy,
    LocalStatistics,
    Lookup,
    Nomis,
    Publisher,
    Reply,
    Rows,
    Site,
    employment,
    jobs_density,
    members,
    zipped,
)
from tests.loopback import broken_off

Ended = Callable[[str], None]

HTML = b"<!DOCTYPE html><html><head><title>Sorry, there is a problem with the service</title></head></html>"
A_DAY = 86_400
GREATER_MANCHESTER = "E47000001"
UID = "0x0123456789abcdef"


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


@pytest.fixture(scope="module")
def second_server() -> Iterator[HTTPServer]:
    with HTTPServer() as server:
        yield server


@pytest.fixture
def elsewhere(second_server: HTTPServer) -> HTTPServer:
    """The server of another publisher."""
    second_server.clear()
    return second_server


@pytest.fixture
def warehouse(tmp_path: Path, runner: Runner, httpserver: HTTPServer, elsewhere: HTTPServer) -> Warehouse:
    return Warehouse(tmp_path, runner, httpserver, elsewhere)


@pytest.fixture
def site(httpserver: HTTPServer) -> Site:
    return Site(httpserver)


# --- what may be wrong ------------------------------------------------------------------------------------


def replies(status: int, body: bytes = b"", **headers: str) -> Reply:
    return lambda _: Response(body, status=status, headers={n.replace("_", "-"): text for n, text in headers.items()})


def once(reply: Reply) -> Reply:
    """The reply to the first request; after it, the file."""
    left = [reply]
    return lambda request: left.pop()(request) if left else None


def new_edition(then: Callable[[Any], object]) -> Callable[[Any], None]:
    """A good edition appears, but for what `then` does to it."""

    def strike(source: Source) -> None:
        source.publish_good()
        then(source)

    return strike


def answered(reply: Reply) -> Callable[[Any], None]:
    return new_edition(lambda source: source.answer_with(reply))


def published(change: Callable[[bytes], bytes]) -> Callable[[Publisher], None]:
    return lambda source: source.publish(change)


def first_half(body: bytes) -> bytes:
    return body[: len(body) // 2]


def with_damaged_member(body: bytes) -> bytes:
    """One byte of a member's compressed content is another one; the archive's directory is whole."""
    return body[:200] + bytes([body[200] ^ 0xFF]) + body[201:]


def with_damaged_sheet(body: bytes) -> bytes:
    """The archive is whole, the XML of a sheet in it is not."""
    sheet = "xl/worksheets/sheet2.xml"
    content = members(body)
    return zipped(content | {sheet: content[sheet][:-500]})


def without_inner_zip(body: bytes) -> bytes:
    return zipped({name: content for name, content in members(body).items() if name.endswith(".csv")})


def spoilt(change: Callable[[Rows], Rows]) -> Callable[[Publisher], None]:
    return lambda source: source.publish_rows(change)


def renamed(old: str, new: str) -> Callable[[Rows], Rows]:
    return lambda rows: [[new if cell == old else cell for cell in row] for row in rows]


def without_liverpool(rows: Rows) -> Rows:
    return [row for row in rows if LIVERPOOL not in row]


def without_greater_manchester(rows: Rows) -> Rows:
    return [row for row in rows if GREATER_MANCHESTER not in row]


def liverpool_twice(rows: Rows) -> Rows:
    return rows + [row for row in rows if LIVERPOOL in row]


def in_words(column: str) -> Callable[[Rows], Rows]:
    """No cell below the header is a number."""

    def change(rows: Rows) -> Rows:
        top, at = next((n, row.index(column)) for n, row in enumerate(rows) if column in row)
        return rows[: top + 1] + [[*row[:at], "see notes", *row[at + 1 :]] for row in rows[top + 1 :]]

    return change


def moved_without_attachment(source: HouseholdEnergy) -> None:
    source.publish_good()
    source.attach("/media/0123456789abcdef01234567/Methodology_note.xlsx")


def no_links(source: Coverage) -> None:
    source.publish_good()
    source.links_at(source.index)


def pages(change: Callable[[Rows, int], Rows]) -> Callable[[Nomis], None]:
    return lambda source: source.publish_pages(change)


def many_years(change: Callable[[Rows, int], Rows]) -> Callable[[Nomis], None]:
    """A reply of 27,720 cells: more than the 25,000 that come at once."""

    def strike(source: Nomis) -> None:
        source.dates = [str(year) for year in range(2015, 2085)]
        source.publish_pages(change)

    return strike


def never_goes_on(page: Rows, offset: int) -> Rows:
    return page if offset == 0 else page[:1]


def begins_again(page: Rows, offset: int) -> Rows:
    return [page[0], *([*row[:-2], str(int(row[-2]) - offset), row[-1]] for row in page[1:])]


def counts_what_fits(page: Rows, offset: int) -> Rows:
    return [page[0], *([*row[:-1], "25000"] for row in page[1:])]


def without_item_3(page: Rows, offset: int) -> Rows:
    return numbered(page[0], [row for row in page[1:] if row[page[0].index("ITEM")] != "3"])


def areas_of_two_types(page: Rows, offset: int) -> Rows:
    at = page[0].index("GEOGRAPHY_TYPECODE")
    other = [[*row[:at], "423", *row[at + 1 :]] for row in page[1:] if row[at] == "424"]
    return numbered(page[0], page[1:] + other)


def numbered(header: list[str], rows: Rows) -> Rows:
    return [header, *([*row[:-2], str(number), str(len(rows))] for number, row in enumerate(rows))]


@dataclass(frozen=True)
class Fault:
    """A bad night of one publisher, and what is said of it (`expected`, `found`: regular expressions)."""

    source: Callable[[Site], Source]
    strike: Callable[[Any], None]
    expected: str
    found: str
    kept: int = 0  # files put aside
    may_pass: bool = False
    where: Callable[[Any], str] = lambda source: str(source.url)


ELS, HEE, DEMOGRAPHY, OFCOM, LOOKUP = LocalStatistics, HouseholdEnergy, BusinessDemography, Coverage, Lookup
CONTRACT = "a payload that meets its landing contract"
FORM = "the form of the release before it"
ELS_YAML = r"sources/catalogue/ons/ons_explore_local_statistics\.yml:\d+"

FAULTS = {
    # Over HTTP
    "0 bytes": Fault(ELS, answered(replies(200)), "a CSV file", "0 bytes", kept=1),
    "HTML with status 200": Fault(
        ELS,
        answered(replies(200, HTML, Content_Type="text/csv")),
        "a CSV file",
        "an HTML page starting “<!DOCTYPE html>",
        kept=1,
    ),
    "HTTP 500": Fault(ELS, answered(replies(500)), "HTTP 200", "HTTP 500 INTERNAL SERVER ERROR", may_pass=True),
    "HTTP 503 at discovery": Fault(
        HEE,
        lambda source: source.site.pages.update({f"/api/content{source.collection}": replies(503)}),
        "HTTP 200",
        "HTTP 503",
        may_pass=True,
        where=lambda source: f"{source.site.address}/api/content{source.collection}",
    ),
    "HTTP 404": Fault(OFCOM, answered(replies(404)), "HTTP 200", r"HTTP 404 .*--from mirror:DIR"),
    "connection cut in the body": Fault(
        ELS, answered(broken_off), "a whole body", "a body that broke off", may_pass=True
    ),
    "redirect to a host that is not allowed": Fault(
        ELS,
        answered(replies(302, Location="https://files.example.org/all-datasets.csv")),
        "an https address on one of ",
        "a redirect to https://files.example.org",
    ),
    # Archives and workbooks
    "truncated zip": Fault(
        OFCOM, published(first_half), "a zip archive", r"a truncated archive \([\d,]+ bytes, no central", kept=1
    ),
    "zip with a damaged member": Fault(
        OFCOM,
        published(with_damaged_member),
        "a zip archive",
        r"a damaged or truncated archive at member 202507_fixed_laua",
        kept=1,
    ),
    "zip without the residential file": Fault(
        OFCOM,
        published(without_inner_zip),
        r"a member matching '\(\?i\)_laua_res_coverage_'",
        "only 202507_fixed_laua_cov",
        kept=1,
    ),
    "truncated workbook": Fault(
        DEMOGRAPHY, published(first_half), r"an Excel workbook \(.xlsx\)", r"a truncated archive \([\d,]+ bytes", kept=1
    ),
    "workbook with a damaged sheet": Fault(
        HEE,
        published(with_damaged_sheet),
        r"an Excel workbook \(.xlsx\)",
        r"at member xl/worksheets/sheet2\.xml",
        kept=1,
    ),
    "workbook that is HTML": Fault(
        HEE, published(lambda _: HTML), r"an Excel workbook \(.xlsx\)", "an HTML page", kept=1
    ),
    # Content
    "renamed column in a CSV": Fault(
        ELS,
        spoilt(renamed("areacd", "area_id")),
        r"a header with indicator .* areacd \(areacd / area code\)",
        "areacd missing; nearest row is 'indicator | area_id",
        kept=1,
    ),
    "renamed column in a workbook": Fault(
        HEE,
        spoilt(renamed("Households in receipt of ECO measures", "Homes in receipt of ECO measures")),
        r"a header with .*households_eco \(Households in receipt of ECO measures\)",
        "households_eco missing; nearest row is .* sheet 'T4.4'",
        kept=1,
    ),
    "no Liverpool in a CSV": Fault(
        ELS,
        spoilt(without_liverpool),
        CONTRACT,
        rf"bulk areas_present: .* found {LIVERPOOL} missing \({ELS_YAML}\)",
        kept=1,
    ),
    "no Liverpool in a workbook": Fault(
        HEE, spoilt(without_liverpool), CONTRACT, rf"eco_households areas_present: .*{LIVERPOOL}", kept=1
    ),
    "doubled key in a CSV": Fault(ELS, spoilt(liverpool_twice), CONTRACT, rf"bulk key_unique: .*{LIVERPOOL}", kept=1),
    "doubled key in a workbook": Fault(
        HEE, spoilt(liverpool_twice), CONTRACT, rf"eco_households key_unique: .*{LIVERPOOL}", kept=1
    ),
    "doubled key in a zip": Fault(
        OFCOM, spoilt(liverpool_twice), CONTRACT, rf"premises key_unique: .*{LIVERPOOL}", kept=1
    ),
    "no numbers in a CSV": Fault(ELS, spoilt(in_words("value")), CONTRACT, "bulk value_has_numbers: ", kept=1),
    "no numbers in a workbook": Fault(
        HEE,
        spoilt(in_words("Households in receipt of ECO measures")),
        CONTRACT,
        "eco_households households_eco_has_numbers: ",
        kept=1,
    ),
    # Form: what the edition before it had
    "an area of the comparison is gone": Fault(
        ELS,
        spoilt(without_greater_manchester),
        FORM,
        rf"bulk areas gone: expected .*{GREATER_MANCHESTER}.* found not there; {ELS_YAML}",
        kept=1,
    ),
    "a year is skipped": Fault(
        ELS,
        spoilt(renamed("2026-01-01", "2028-01-01")),
        FORM,
        f"bulk gap in periods: expected '2027' after '2026-01-01', found not there; {ELS_YAML}",
        kept=1,
    ),
    # Nomis
    "Nomis: 25,000 of 27,720 cells and no more": Fault(
        employment, many_years(never_goes_on), "cells", "none after 25,000 of 27,720", kept=2
    ),
    "Nomis: the first 25,000 cells again": Fault(
        employment,
        many_years(begins_again),
        "rows with RECORD_OFFSET 25000 to 27719",
        "2720 rows with RECORD_OFFSET 0 to 2719",
        kept=2,
    ),
    "Nomis: 25,000 cells that say they are all": Fault(
        employment, many_years(counts_what_fits), "25,000 cells, as RECORD_COUNT says", "more behind them", kept=1
    ),
    "Nomis: an error message": Fault(
        jobs_density,
        answered(replies(200, b"Error: Unable to contact data engine")),
        "a CSV file",
        "an error message, “Error: Unable to contact data engine”",
        kept=1,
    ),
    "Nomis: 0 bytes": Fault(jobs_density, answered(replies(200)), "a CSV file", "0 bytes", kept=1),
    "Nomis: an asked code is missing": Fault(jobs_density, pages(without_item_3), "item 1, 3", "no 3", kept=1),
    "Nomis: areas of two types": Fault(
        jobs_density, pages(areas_of_two_types), CONTRACT, "cells key_unique: .*2022 / E06000006", kept=1
    ),
    # Pages and services
    "ArcGIS error with status 200": Fault(
        LOOKUP,
        answered(replies(200, b'{"error": {"code": 400, "message": "Invalid query parameters"}}')),
        "a JSON document",
        "an error reply, .*Invalid query parameters",
    ),
    "content page without the attachment": Fault(
        HEE,
        moved_without_attachment,
        r"a xlsx attachment matching '\(\?i\)headline'",
        r"1 files \(Methodology_note.xlsx\)",
        where=lambda source: str(source.site.address + source.page),
    ),
    "content page with nothing on it": Fault(
        HEE,
        new_edition(lambda source: source.json_at(f"/api/content{source.page}", {"details": None})),
        "a content item with `details`",
        "without it",
        where=lambda source: f"{source.site.address}/api/content{source.page}",
    ),
    "index page without links": Fault(
        OFCOM,
        no_links,
        "release pages matching .* with zips matching",
        "none",
        where=lambda source: str(source.site.address + source.index),
    ),
}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=name, marks=pytest.mark.fault("payload" if fault.kept else "network"))
        for name, fault in FAULTS.items()
    ],
)
def test_bad_release_is_named_and_costs_nothing_else(
    fault: Fault, warehouse: Warehouse, site: Site, ended: Ended
) -> None:
    source = fault.source(site)
    neighbour = ELS(site) if fault.source is LOOKUP else LOOKUP(site)
    (first,) = warehouse.night(source)
    assert (first.status, first.problems, len(first.landed)) == ("ok", [], 1)

    fault.strike(source)
    ended(check_bad_night(fault, warehouse, source, neighbour))

    source.publish_good()
    (last,) = warehouse.night(source)
    assert (last.status, last.problems, len(last.landed)) == ("ok", [], 1)
    assert [release.release_id for release in warehouse.releases(source)] == first.landed + last.landed


def check_bad_night(fault: Fault, warehouse: Warehouse, source: Source, neighbour: Source) -> str:
    """The night itself: one problem, told in full; everything else as it was, and the neighbour landed.

    Returns status and problem.
    """
    dataset = source.dataset()
    held, version = warehouse.held(source), data_version(warehouse.releases(source))
    ledger = (warehouse.root / "landing" / "ledger.jsonl").read_bytes()
    sent_before = len(source.sent)

    bad, other = warehouse.night(source, neighbour)

    assert (bad.status, bad.failed, bad.retryable, bad.landed) == ("stale", True, fault.may_pass, [])
    assert (other.status, other.problems, len(other.landed)) == ("ok", [], 1)
    (problem,) = bad.problems
    expected, _, found = problem.partition("; found ")
    assert expected.startswith(f"{dataset.publisher} / {dataset.dataset}: expected ")
    assert re.search(fault.expected, expected)
    assert re.search(fault.found, found)
    assert fault.where(source) in found
    assert "\n" not in problem
    broken_rules = fault.expected in (CONTRACT, FORM)
    assert {check["kind"] for check in bad.refused} == ({"refused"} if broken_rules else set())
    assert all(check["found"] in problem and check["severity"] == "warn" for check in bad.refused)

    assert warehouse.held(source) == held
    assert data_version(warehouse.releases(source)) == version
    assert (warehouse.root / "landing" / "ledger.jsonl").read_bytes().startswith(ledger)
    told = [row for row in warehouse.ledger() if row["outcome"] in ("rejected", "failed")]
    assert [(row["dataset"], row["message"]) for row in told] == [(dataset.dataset, problem)]
    assert told[0]["outcome"] == ("rejected" if fault.kept else "failed")
    kept = warehouse.rejected(source)
    assert len(kept) == fault.kept
    assert sorted(kept) == sorted(source.sent[sent_before:][: fault.kept])
    return told_of(bad)


# --- networks ---------------------------------------------------------------------------------------------


@pytest.mark.fault("network", "HTTP 429 with Retry-After of a day")
def test_host_that_asks_for_a_day_of_rest_is_not_waited_for(
    warehouse: Warehouse, site: Site, elsewhere: HTTPServer, ended: Ended
) -> None:
    """The host is left alone for the rest of the night; other publishers are not."""
    source, neighbour = LocalStatistics(site), Lookup(Site(elsewhere))
    warehouse.night(source)
    fault = Fault(
        ELS,
        answered(replies(429, Retry_After=str(A_DAY))),
        "HTTP 200",
        f"HTTP 429 .* asked to be left alone for {A_DAY} s",
        may_pass=True,
    )
    fault.strike(source)
    source.site.answered.clear()

    started = time.monotonic()
    ended(check_bad_night(fault, warehouse, source, neighbour))

    assert time.monotonic() - started < 5
    assert source.site.answered == [(source.metadata_path, 200), (source.path, 429)]
    source.answer_with(None)
    (after,) = warehouse.night(source)
    assert (after.status, len(after.landed)) == ("ok", 1)


@pytest.mark.fault("network")
@pytest.mark.parametrize(
    ("trouble", "status", "seconds"),
    [(replies(500), 500, 0), (replies(429, Retry_After="1"), 429, 1), (broken_off, 200, 0)],
    ids=["HTTP 500 once", "HTTP 429 with Retry-After 1", "connection cut once"],
)
def test_trouble_that_passes_is_sat_out(
    warehouse: Warehouse, site: Site, trouble: Reply, status: int, seconds: float, ended: Ended
) -> None:
    source = LocalStatistics(site)
    warehouse.night(source)
    source.publish_good()
    source.answer_with(once(trouble))
    source.site.answered.clear()

    started = time.monotonic()
    (outcome,) = warehouse.night(source)

    assert time.monotonic() - started >= seconds
    assert (outcome.status, outcome.problems, len(outcome.landed)) == ("ok", [], 1)
    assert [answer for answer in source.site.answered if answer[0] == source.path] == [
        (source.path, status),
        (source.path, 200),
    ]
    assert {row["outcome"] for row in warehouse.ledger()} == {"landed"}
    ended(f"{told_of(outcome)}, after {len(site.answered)} requests")


@pytest.mark.fault("payload", "bad first release")
def test_bad_first_release_leaves_the_dataset_missing(warehouse: Warehouse, site: Site, ended: Ended) -> None:
    source = LocalStatistics(site)
    source.publish(lambda _: HTML)

    (first,) = warehouse.night(source)

    assert (first.status, len(first.problems), first.failed) == ("missing", 1, True)
    assert first.message == first.problems[0]
    ended(told_of(first))
    assert warehouse.held(source) == {}
    source.publish_good()
    (second,) = warehouse.night(source)
    assert (second.status, second.message) == ("ok", "1 new, 0 unchanged")


@pytest.mark.fault("payload", "bad new edition beside a good older one")
def test_bad_new_edition_does_not_hide_a_good_older_one(warehouse: Warehouse, site: Site, ended: Ended) -> None:
    """Parts of a dataset stand for themselves: the zip of last year is looked at though this year's is broken."""
    source = Coverage(site)
    last_year = source.page
    source.publish(first_half)
    source.links_at(source.index, source.page, last_year)

    (outcome,) = warehouse.night(source)

    assert (outcome.status, len(outcome.problems)) == ("stale", 1)
    assert [release.part for release in warehouse.releases(source)] == ["202507"]
    assert outcome.landed == [release.release_id for release in warehouse.releases(source)]
    ended(told_of(outcome))


# --- nothing new ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("etags", [True, False], ids=["304", "same hash"])
@pytest.mark.parametrize("kind", [LocalStatistics, HouseholdEnergy, Coverage])
def test_unchanged_release_changes_nothing(
    warehouse: Warehouse, site: Site, kind: type[Publisher], etags: bool
) -> None:
    source = kind(site, etags=etags)
    (first,) = warehouse.night(source)
    held, version = warehouse.held(source), data_version(warehouse.releases(source))

    (second,) = warehouse.night(source)

    assert (first.status, second.status) == ("ok", "unchanged")
    assert (second.landed, second.problems, second.unchanged) == ([], [], 1)
    assert [status for path, status in source.site.answered if path == source.path] == [200, 304 if etags else 200]
    assert len(source.sent) == (1 if etags else 2)
    assert warehouse.held(source) == held
    assert data_version(warehouse.releases(source)) == version
    row = warehouse.ledger()[-1]
    assert (row["outcome"], row["message"]) == ("unchanged", "304" if etags else "same hash")
    assert row["release_id"] == first.landed[0]


@pytest.mark.parametrize("etags", [True, False], ids=["304", "same hash"])
@pytest.mark.parametrize("stated", ["2026-06-03", "2026-06-01"], ids=["a new date", "the old date"])
def test_going_back_to_earlier_bytes_is_a_release_again(
    warehouse: Warehouse, site: Site, etags: bool, stated: str
) -> None:
    """A change that is taken back: the old bytes come after it, under whatever date, and are unchanged from then on."""
    source = LocalStatistics(site, etags=etags)
    earlier = source.body
    warehouse.night(source)
    source.publish_good()
    warehouse.night(source)
    source.publish(lambda _: earlier)
    source.json_at(source.metadata_path, {"lastUpdate": stated})

    (back,) = warehouse.night(source)
    (after,) = warehouse.night(source)

    first, changed, again = warehouse.releases(source)
    assert (back.status, back.landed) == ("ok", [again.release_id])
    assert again.sha256 == first.sha256 != changed.sha256
    assert len({first.release_id, changed.release_id, again.release_id}) == 3
    assert in_order([again, changed, first]) == [first, changed, again]
    known = known_from([first, changed, again])
    assert known[first.release_id] < known[changed.release_id] < known[again.release_id]
    assert (after.status, after.landed) == ("unchanged", [])


def test_nomis_is_not_asked_for_cells_until_it_was_updated(warehouse: Warehouse, site: Site) -> None:
    source = jobs_density(site)
    warehouse.night(source)
    held = warehouse.held(source)

    (second,) = warehouse.night(source)

    assert (second.status, len(source.sent)) == ("unchanged", 1)
    assert warehouse.held(source) == held
    source.publish_good()
    (third,) = warehouse.night(source)
    assert (third.status, len(source.sent), len(third.landed)) == ("ok", 2, 1)


@pytest.mark.fault("disk", "landed bytes are lost")
def test_bytes_lost_from_the_disk_are_fetched_again(warehouse: Warehouse, site: Site, ended: Ended) -> None:
    source = LocalStatistics(site)
    warehouse.night(source)
    (release,) = warehouse.releases(source)
    stored = warehouse.root / "landing" / release.files[0].path
    stored.unlink()

    (outcome,) = warehouse.night(source)

    assert outcome.status == "unchanged"
    assert stored.read_bytes() == source.body
    ended(f"{told_of(outcome)}, fetched again")


@pytest.mark.fault("disk", "landed bytes are lost for good")
def test_bytes_lost_for_good_are_reported(warehouse: Warehouse, site: Site, ended: Ended) -> None:
    """Raw Parquet can be made again from the landing zone, but not without it."""
    source = LocalStatistics(site)
    warehouse.night(source)
    (first,) = warehouse.releases(source)
    source.publish_good()
    warehouse.night(source)
    (warehouse.root / "landing" / first.files[0].path).unlink()
    for path in (warehouse.root / "raw" / first.dataset).glob(f"{first.key}~*/*"):
        path.unlink()

    (outcome,) = warehouse.night(source)

    assert outcome.status == "stale"
    (problem,) = outcome.problems
    assert f"expected the landed bytes of {first.release_id}; found no such file in " in problem
    assert first.files[0].path in problem
    ended(told_of(outcome))


# --- secrets ----------------------------------------------------------------------------------------------


def slow(_: Request) -> Response:
    time.sleep(0.3)
    return Response(b"late")


def test_the_nomis_uid_is_sent_and_never_written(
    warehouse: Warehouse, site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither on good nights nor on bad ones, of which every kind names the address that was asked."""
    monkeypatch.setenv("NOMIS_UID", UID)
    source = jobs_density(site)
    troubles = [
        replies(500),
        replies(429, Retry_After=str(A_DAY)),
        replies(404),
        replies(302, Location=f"https://files.example.org/?uid={UID}"),
        replies(302, Location=f"{site.address}/api/v01/login?uid={UID}"),
        replies(200, b"Error: Unable to contact data engine"),
        broken_off,
        slow,
    ]
    with caplog.at_level(logging.DEBUG):
        outcomes = warehouse.night(source)
        for trouble in troubles:
            source.publish_good()
            source.answer_with(trouble)
            outcomes += warehouse.night(source, retries=1, timeout=(2.0, 0.2))

    assert [outcome.status for outcome in outcomes] == ["ok"] + ["stale"] * len(troubles)
    assert {ask["uid"] for ask in source.asked} == {UID}
    logged = [record.getMessage() for record in caplog.records if record.name != "werkzeug"]  # the server's own
    assert any("uid=***" in message for message in logged)
    problems = [problem for outcome in outcomes for problem in outcome.problems]
    assert len(problems) == len(troubles)
    assert [problem for problem in problems if source.url not in problem] == []
    raw = [str(parquet.read_table(path).to_pylist()) for path in (warehouse.root / "raw").rglob("*.parquet")]
    files = [path for path in warehouse.root.rglob("*") if path.is_file() and path.suffix != ".parquet"]
    written = [path.read_text(encoding="utf-8") for path in files]
    assert (len(raw), len(written)) == (1, 5)  # ledger, landed page, rejected page, contract results, form
    told = [*logged, *problems, *raw, *written, *map(repr, outcomes)]
    assert [text for text in told if UID in text] == []
