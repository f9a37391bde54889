"""The doctor: what it says of a machine, a warehouse and of publishers on loopback, good and bad. It writes nothing."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result
from pytest_httpserver import HTTPServer
from werkzeug import Response

from expectations.runner import Runner
from orchestration import cli, doctor
from orchestration.doctor import Row
from orchestration.home import Home
from orchestration.ingest import Ingest, Outcome
from sources.catalogue import Dataset, load_catalogue
from sources.http import BEGINNING_BYTES
from sources.landing import Landing
from sources.origins import LiveOrigin, OriginSpec
from sources.publishers.data_gov_uk import publishers
from sources.raw import RawStore
from sources.release import Payload, PayloadFile
from tests.faults.publishers import (
    BusinessDemography,
    Coverage,
    HouseholdEnergy,
    LocalStatistics,
    Lookup,
    Publisher,
    Site,
    jobs_density,
)
from tests.loopback import host_of, loopback_session, refusing_proxy, tls_server

NOW = dt.datetime(2026, 7, 2, 12, tzinfo=dt.UTC)
HTML = b"<!DOCTYPE html><html><title>Sorry, there is a problem with the service</title></html>"
ALERTS = ("OUTCOMES_ALERT_WEBHOOK", "OUTCOMES_ALERT_FILE", "OUTCOMES_ALERT_STYLE")
ENVIRONMENT = (*doctor.PROXIES, *doctor.BUNDLES, "NOMIS_UID", "OUTCOMES_CONTACT", "NETWORK_RAIL_USER", *ALERTS)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("OUTCOMES_HOME", str(tmp_path / "home"))
    return Home.from_environment()


@pytest.fixture
def site(httpserver: HTTPServer) -> Site:
    return Site(httpserver)


def asked(site: Site, *datasets: Dataset, **session: Any) -> list[Row]:
    with loopback_session(site.server, **({"retries": 0} | session)) as polite:
        return list(doctor.publishers(datasets, polite, lambda line: None))


def row_of(rows: list[Row], check: str, subject: str | None = None) -> Row:
    (row,) = [row for row in rows if row.check == check and subject in (None, row.subject)]
    return row


def moved(publisher: Publisher, **discover: object) -> Dataset:
    """The publisher's dataset, to be found by another `discover`."""
    dataset = publisher.dataset()
    return dataset.model_copy(update={"discover": dataset.discover.model_copy(update=discover)})


# --- publishers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "begins"),
    [
        (LocalStatistics, "a CSV file"),
        (BusinessDemography, "an Excel workbook"),
        (HouseholdEnergy, "an Excel workbook"),
        (Coverage, "a zip archive"),
        (Lookup, "a JSON document"),
        (jobs_density, "a CSV file"),
    ],
)
def test_good_publisher_is_ok(site: Site, kind: Callable[[Site], Any], begins: str) -> None:
    source = kind(site)
    rows = asked(site, source.dataset())
    assert {row.status for row in rows if row.check != "key"} == {"ok"}
    assert source.url.partition("?")[0] in row_of(rows, "release").found
    assert begins in row_of(rows, "format").found
    assert doctor.exit_code(rows) == 0


def test_newest_release_is_named_with_its_day(site: Site) -> None:
    source = HouseholdEnergy(site)
    source.publish_good()
    assert f", 2026-03-26, {source.url}" in row_of(asked(site, source.dataset()), "release").found


def test_only_the_beginning_of_a_large_file_is_read(site: Site) -> None:
    source = LocalStatistics(site)
    source.publish(lambda body: body + b"x,y\n" * BEGINNING_BYTES)
    assert f"({BEGINNING_BYTES:,} bytes were read)" in row_of(asked(site, source.dataset()), "format").found
    assert site.server.log[-1][0].headers["Range"] == f"bytes=0-{BEGINNING_BYTES - 1}"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (HTML, "an HTML page starting “<!DOCTYPE html>"),
        (b"", "0 bytes"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 100, "an old Excel file (.xls)"),
        (b"a,b\n1,2\n", "other bytes starting “a,b 1,2”"),
        (b"PK\x03\x04" + b"\0" * 26 + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "an OpenDocument"),
    ],
)
def test_other_bytes_in_place_of_the_file_are_named(site: Site, body: bytes, found: str) -> None:
    source = HouseholdEnergy(site)
    source.answer_with(lambda _: Response(body))
    rows = asked(site, source.dataset())
    assert row_of(rows, "release").status == "ok"
    wrong = row_of(rows, "format")
    assert wrong.status == "fail"
    assert found in wrong.found
    assert source.url in wrong.found
    assert "open the address in a browser" in wrong.do
    assert doctor.exit_code(rows) == 1


@pytest.mark.parametrize(("status", "do"), [(404, "The file has moved"), (403, "--from mirror:DIR"), (503, "later")])
def test_refused_file_is_named_by_its_status(site: Site, status: int, do: str) -> None:
    source = LocalStatistics(site)
    source.answer_with(lambda _: Response(status=status))
    refused = row_of(asked(site, source.dataset()), "format")
    assert (refused.status, f"HTTP {status}" in refused.found, do in refused.do) == ("fail", True, True)


def test_page_without_the_file_is_named_with_what_it_offers(site: Site) -> None:
    source = HouseholdEnergy(site)
    source.attach("/media/000000000000000000000001/Something_else.xlsx")
    (missing,) = asked(site, source.dataset())
    assert (missing.check, missing.status) == ("release", "fail")
    assert "Something_else.xlsx" in missing.found


def night_of(home: Home, server: HTTPServer, dataset: Dataset, **session: Any) -> Outcome:
    """What a run comes to that asks the same publisher."""
    landing = Landing(home.landing)
    with loopback_session(server, **({"retries": 0} | session)) as polite:
        origin = LiveOrigin(OriginSpec("live"), landing, polite)
        return Ingest(landing, RawStore(home.raw), Runner).ingest(dataset, origin)


def test_tls_trouble_is_named_as_such_by_doctor_and_run(
    site: Site, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tls_server(tmp_path) as (server, bundle):
        dataset = moved(HouseholdEnergy(site), base_url=f"https://{host_of(server)}")
        allowed = frozenset({host_of(server)})
        (trouble,) = asked(site, dataset, allowed_hosts=allowed)
        assert (trouble.status, trouble.check) == ("fail", "release")
        assert "a TLS error" in trouble.found
        assert "certificate" in trouble.found
        assert "REQUESTS_CA_BUNDLE" in trouble.do
        outcome = night_of(home, server, dataset)
        assert outcome.failed
        assert "a TLS error" in outcome.message
        assert "set REQUESTS_CA_BUNDLE" in outcome.message
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        assert row_of(doctor.machine(home), "tls").status == "ok"
        (untroubled,) = asked(site, dataset, allowed_hosts=allowed)
        assert "TLS" not in untroubled.found  # this server has no page, and says so over TLS
        assert "HTTP 500" in untroubled.found


def test_host_without_an_address_is_named_as_such(site: Site) -> None:
    dataset = moved(HouseholdEnergy(site), base_url="https://publisher.invalid")
    (trouble,) = asked(site, dataset, allowed_hosts=frozenset({"publisher.invalid"}))
    assert "a host name without an address" in trouble.found
    assert "DNS of this machine" in trouble.do


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (None, "Connection refused"),
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "407 Proxy Authentication Required"),
    ],
    ids=["nobody there", "account refused"],
)
def test_proxy_trouble_is_named_as_such_by_doctor_and_run(
    site: Site, home: Home, monkeypatch: pytest.MonkeyPatch, reply: bytes | None, found: str
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    dataset = moved(HouseholdEnergy(site), base_url="https://publisher.invalid")
    allowed = frozenset({"publisher.invalid"})
    with nullcontext("127.0.0.1:9") if reply is None else refusing_proxy(reply) as address:
        monkeypatch.setenv("HTTPS_PROXY", f"http://clerk:hunter2@{address}")
        (trouble,) = asked(site, dataset, allowed_hosts=allowed)
        outcome = night_of(home, site.server, dataset, allowed_hosts=allowed)
    for told in (trouble.found, outcome.message):
        assert "a proxy error" in told
        assert found in told
    assert "HTTPS_PROXY" in trouble.do
    assert "Check HTTPS_PROXY" in outcome.message
    assert "hunter2" not in f"{trouble} {outcome}"


def test_host_that_may_not_be_asked_is_named_as_such(site: Site) -> None:
    (refused,) = asked(site, moved(HouseholdEnergy(site), base_url="https://elsewhere.invalid"))
    assert "https://elsewhere.invalid" in refused.found
    assert "allow-listed" in refused.do


def test_one_bad_publisher_stops_no_other_and_every_one_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad, worse = LocalStatistics(site), HouseholdEnergy(site), Lookup(site)
    bad.answer_with(lambda _: Response(HTML))
    monkeypatch.setattr("sources.publishers.ons._discover_layers", lambda *_: 1 / 0)
    told: list[str] = []
    datasets = [worse.dataset(), bad.dataset(), good.dataset()]
    with loopback_session(site.server, retries=0) as polite:
        rows = list(doctor.publishers(datasets, polite, told.append))
    assert "unexpected ZeroDivisionError" in row_of(rows, "release", worse.name).found
    assert row_of(rows, "format", bad.name).status == "fail"
    assert row_of(rows, "format", good.name).status == "ok"
    assert [line.partition(",")[0] for line in told] == [
        f"[1/3] {worse.name}: fail",
        f"[2/3] {bad.name}: fail",
        f"[3/3] {good.name}: ok",
    ]


def test_every_file_of_known_addresses_is_looked_at(site: Site) -> None:
    dataset = load_catalogue()["hesa_hebci"]
    files = {"one": f"{site.address}/one.csv", "two": f"{site.address}/two.csv", "three": f"{site.address}/three.csv"}
    for name in ("one", "three"):
        site.pages[f"/{name}.csv"] = lambda _: Response(b"a,b\n1,2\n")
    dataset = dataset.model_copy(update={"discover": dataset.discover.model_copy(update={"files": files})})
    rows = asked(site, dataset)
    lost, good = [row for row in rows if row.check == "format"]
    assert "HTTP 404" in lost.found
    assert "/two.csv" in lost.found
    assert good.found == "begins as a CSV file, 2 times (16 bytes were read)"


def test_dataset_without_its_account_is_skipped_and_not_asked(site: Site) -> None:
    dataset = load_catalogue()["network_rail_timetable"]
    (row,) = asked(site, dataset)
    assert (row.check, row.status) == ("account", "skipped")
    assert "NETWORK_RAIL_USER" in row.found
    assert "https://publicdatafeeds.networkrail.co.uk/" in row.do
    assert site.server.log == []


def test_account_is_shown_to_the_publisher_and_to_nobody_else(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETWORK_RAIL_USER", "clerk")
    monkeypatch.setenv("NETWORK_RAIL_PASSWORD", "hunter2")
    site.pages["/feed"] = lambda request: (
        Response(b"\x1f\x8b" + b"\0" * 50) if request.authorization else Response(status=401)
    )
    dataset = load_catalogue()["network_rail_timetable"]
    how = dataset.discover.model_copy(update={"url": f"{site.address}/feed"})
    rows = asked(site, dataset.model_copy(update={"discover": how}))
    assert [(row.check, row.status) for row in rows] == [("account", "ok"), ("release", "ok"), ("format", "ok")]
    assert "hunter2" not in f"{rows}"


def test_optional_key_is_told_once_and_sent_but_never_shown(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    source = jobs_density(site)
    without = row_of(asked(site, source.dataset(), source.dataset()), "key")
    assert (without.subject, without.status) == ("nomis", "skipped")
    monkeypatch.setenv("NOMIS_UID", "0xdeadbeef")
    rows = asked(site, source.dataset())
    assert row_of(rows, "key").status == "ok"
    assert "0xdeadbeef" not in f"{rows}"
    assert (source.asked[-1]["uid"], source.asked[-1]["recordlimit"]) == ("0xdeadbeef", "1")


def test_publishers_of_a_listing_that_are_unknown_are_named(site: Site) -> None:
    dataset = load_catalogue()["data_gov_uk_open_datasets"]
    how = dataset.discover.model_copy(update={"base_url": f"{site.address}/api"})
    known = publishers(how)[0]
    for path, result in (("organization_list", [known]), ("package_search", {"count": 0, "results": []})):
        reply = json.dumps({"success": True, "result": result})
        site.pages[f"/api/{path}"] = lambda _, reply=reply: Response(reply)
    rows = asked(site, dataset.model_copy(update={"discover": how}))
    unknown, good = [row for row in rows if row.check == "format"]
    assert (unknown.status, good.status) == ("fail", "ok")
    assert publishers(how)[1] in unknown.found
    assert any(asked.args.get("rows") == "1" for asked, _ in site.server.log)


def test_returns_are_skipped_with_the_reason(site: Site) -> None:
    (row,) = asked(site, load_catalogue()["lcrca_returns"])
    assert (row.status, "returns folder" in row.found) == ("skipped", True)


def test_every_dataset_of_the_catalogue_can_be_looked_at(site: Site) -> None:
    """No host is allowed: every row is a refusal before anything is sent, none a defect."""
    rows = asked(site, *load_catalogue().values(), allowed_hosts=frozenset())
    assert {row.subject for row in rows} >= set(load_catalogue())
    assert not [row for row in rows if "unexpected" in row.found]
    assert {row.status for row in rows if row.check in ("format", "account")} == {"fail", "skipped"}


# --- this machine -----------------------------------------------------------------------------------------


Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(("free", "status"), [(6e9, "ok"), (4e9, "warn"), (0.9e9, "fail")])
def test_free_space(home: Home, monkeypatch: pytest.MonkeyPatch, free: float, status: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(0, 0, free))
    assert row_of(doctor.machine(home), "disk").status == status


def test_home_that_cannot_be_written_to_fails(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert row_of(doctor.machine(home), "home").status == "ok"
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert row_of(doctor.machine(home), "home").status == "fail"


def test_home_that_is_a_file_fails(home: Home) -> None:
    home.root.write_text("no folder")
    assert "is no folder" in row_of(doctor.machine(home), "home").found


def test_run_that_goes_on_is_seen_and_not_disturbed(home: Home) -> None:
    with home.lock():
        row = row_of(doctor.machine(home), "lock")
        assert (row.status, f"process {os.getpid()}" in row.found) == ("warn", True)
    assert row_of(doctor.machine(home), "lock").status == "ok"


def test_versions_are_those_of_the_project(home: Home, tmp_path: Path) -> None:
    now = {row.check: row for row in doctor.machine(home)}
    assert {now[name].status for name in ("python", *doctor.PINNED)} == {"ok"}
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nrequires-python = ">=4"\ndependencies = ["duckdb==0.1", "dagster", "requests==0.1"]\n'
    )
    other = {row.check: row for row in doctor.machine(home, tmp_path)}
    assert (other["python"].status, other["duckdb"].status, other["dagster"].status) == ("fail", "warn", "ok")
    assert f"{duckdb.__version__}, wanted ==0.1" in other["duckdb"].found


def test_package_that_is_not_installed_fails(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_installed", lambda name: None)
    assert row_of(doctor.machine(home), "great-expectations").found == "not installed, wanted ==1.24.1"


def test_bundle_without_certificates_fails(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("no certificate")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    row = row_of(doctor.machine(home), "tls")
    assert (row.status, "holds no certificates that can be read" in row.found) == ("fail", True)
    assert "REQUESTS_CA_BUNDLE" in row.do


@pytest.mark.parametrize(
    ("proxy", "told"),
    [
        ("http://clerk:hunter2@proxy.example:8080", "http://***@proxy.example:8080"),
        ("http://clerk:hun@ter/2@proxy.example:8080", "http://***@proxy.example:8080"),
        ("clerk:hunter2@proxy.example:8080", "***@proxy.example:8080"),
        ("proxy.example:8080", "proxy.example:8080"),
        ("http://proxy.example:8080", "http://proxy.example:8080"),
    ],
)
def test_settings_of_the_network_are_told_without_passwords(
    home: Home, monkeypatch: pytest.MonkeyPatch, proxy: str, told: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")
    rows = doctor.machine(home)
    assert row_of(rows, "proxy").found == f"HTTPS_PROXY={told}"
    assert (row_of(rows, "tls").status, "/no/such/bundle.pem" in row_of(rows, "tls").found) == ("fail", True)


@pytest.mark.parametrize(
    ("settings", "status", "found"),
    [
        ({}, "skipped", "nobody is told of a new problem (optional)"),
        ({"WEBHOOK": "https://hooks.example/s3cret"}, "ok", "OUTCOMES_ALERT_WEBHOOK set"),
        ({"FILE": "/var/log/s3cret"}, "ok", "OUTCOMES_ALERT_FILE set"),
        ({"WEBHOOK": "http://hooks.example/s3cret"}, "fail", "expected OUTCOMES_ALERT_WEBHOOK to be an https address"),
        ({"WEBHOOK": "https://hooks.example/s3cret", "STYLE": "pigeon"}, "fail", "found 'pigeon'"),
    ],
)
def test_alerts_that_could_not_be_sent_are_known_before_the_night(
    home: Home, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], status: str, found: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"OUTCOMES_ALERT_{name}", value)
    row = row_of(doctor.machine(home), "alerts")
    assert (row.status, found in row.found) == (status, True)
    assert "s3cret" not in f"{row}"


# --- this warehouse ---------------------------------------------------------------------------------------


def publish(home: Home, finished_at: dt.datetime) -> None:
    home.published.mkdir(parents=True)
    with duckdb.connect(home.mart) as con:
        con.execute("create schema mart")
        con.execute(
            "create table mart.build as select 'b7' as build_id, 'live' as built_from, ?::timestamp as finished_at",
            [finished_at.replace(tzinfo=None)],
        )


def ended(home: Home, dataset: str, status: Any, at: dt.datetime = NOW, **what: Any) -> None:
    Outcome(dataset, status, finished_at=at.isoformat(), **what).write(home.statuses)


def of_warehouse(home: Home) -> list[Row]:
    return doctor.warehouse(home, load_catalogue().values(), NOW)


def test_empty_warehouse_is_no_failure(home: Home) -> None:
    assert {row.status for row in of_warehouse(home)} == {"skipped"}
    assert not home.root.exists()


def test_good_warehouse_is_ok(home: Home) -> None:
    ended(home, "ons_gerd", "ok", NOW - dt.timedelta(hours=6))
    publish(home, NOW - dt.timedelta(hours=5))
    rows = of_warehouse(home)
    assert row_of(rows, "mart").found == "build b7 from live, 0.2 days old"
    assert {row.check: row.status for row in rows} == {
        "mart": "ok",
        "last run": "ok",
        "datasets": "ok",
        "landing": "skipped",
    }


def test_old_mart_and_a_run_that_did_not_publish_are_warnings(home: Home) -> None:
    publish(home, NOW - dt.timedelta(days=3))
    ended(home, "ons_gerd", "unchanged")
    rows = of_warehouse(home)
    assert (row_of(rows, "mart").status, row_of(rows, "last run").status) == ("warn", "warn")
    assert "run.log" in row_of(rows, "last run").do
    assert doctor.exit_code(rows) == 3


def test_mart_that_cannot_be_read_fails(home: Home) -> None:
    home.published.mkdir(parents=True)
    home.mart.write_bytes(b"no database" * 1000)
    row = row_of(of_warehouse(home), "mart")
    assert (row.status, "outcomes rollback" in row.do) == ("fail", True)


def test_stale_and_missing_datasets_of_the_last_run_are_named(home: Home) -> None:
    ended(home, "ons_gerd", "stale", problems=["HTTP 500"], message="HTTP 500")
    ended(home, "dfe_lait", "missing", message="not offered", problems=["none"], not_offered=True)
    ended(home, "dft_bus", "ok")
    (home.statuses / "dfe_neet.json").write_text("{")
    rows = of_warehouse(home)
    assert row_of(rows, "last run", "ons_gerd") == Row("ons_gerd", "last run", "warn", "stale: HTTP 500")
    assert row_of(rows, "last run", "dfe_neet").status == "warn"
    assert row_of(rows, "datasets").found == "1 missing, 1 ok, 1 stale (nothing landed: dfe_lait)"


def test_landing_zone_is_read_and_lost_bytes_are_named(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes(b"a\n1\n")
    landing = Landing(home.landing)
    payload = Payload("ons_gerd", "", "T", "u", (PayloadFile("a.csv", source, "u"),), None, "live", NOW)
    release = landing.store(payload)
    landing.commit(release)
    assert row_of(of_warehouse(home), "landing").status == "ok"
    landing.path(release.files[0].path).unlink()
    assert "1 landed files are lost" in row_of(of_warehouse(home), "landing").found
    landing.ledger_path.write_text('{"outcome": "landed"}\n')
    assert "cannot be read: KeyError" in row_of(of_warehouse(home), "landing").found


# --- the command ------------------------------------------------------------------------------------------


@pytest.fixture
def live(site: Site, home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Publisher]]:
    """Two publishers as the whole catalogue; the command asks them over loopback."""
    del home
    found = {source.name: source for source in (LocalStatistics(site), HouseholdEnergy(site))}
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(0, 0, 10e9))
    monkeypatch.setattr("sources.catalogue.load_catalogue", lambda: {n: s.dataset() for n, s in found.items()})
    monkeypatch.setattr(doctor, "open_session", lambda: loopback_session(site.server, retries=0))
    yield found


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, ["doctor", *arguments])


def test_good_machine_and_publishers_end_with_0_and_nothing_is_made(live: dict[str, Publisher], home: Home) -> None:
    result = run()
    assert result.exit_code == 0, result.output
    assert "ok      desnz_household_energy_efficiency, format: begins as an Excel workbook" in result.stdout
    assert "0 warn, 0 fail" in result.stdout.splitlines()[-1]
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == [
        f"[{number}/2] {name}" for number, name in enumerate(live, 1)
    ]
    assert not home.root.exists()


def test_bad_publisher_ends_with_1_and_says_what_to_do(live: dict[str, Publisher]) -> None:
    live["ons_explore_local_statistics"].answer_with(lambda _: Response(HTML))
    result = run()
    assert result.exit_code == 1
    assert "fail    ons_explore_local_statistics, format: an HTML page" in result.stdout
    assert "        Nothing was landed" in result.stdout
    for_programs = run("--json")
    assert for_programs.exit_code == 1
    assert "fail" in {row["status"] for row in json.loads(for_programs.stdout)["rows"]}
    assert run("--dataset", "desnz_household_energy_efficiency").exit_code == 0


@pytest.mark.usefixtures("live")
def test_only_warnings_end_with_3(home: Home) -> None:
    ended(home, "ons_explore_local_statistics", "stale", problems=["HTTP 500"], message="HTTP 500")
    result = run("--offline")
    assert result.exit_code == 3
    assert "warn    ons_explore_local_statistics, last run: stale: HTTP 500" in result.stdout


@pytest.mark.usefixtures("live")
def test_offline_asks_nobody(site: Site) -> None:
    result = run("--offline")
    assert (result.exit_code, result.stderr) == (0, "")
    assert site.server.log == []


@pytest.mark.usefixtures("live")
def test_quiet_tells_no_progress() -> None:
    result = run("--quiet", "--dataset", "ons_explore_local_statistics")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "ons_explore_local_statistics, release" in result.stdout


@pytest.mark.usefixtures("live")
def test_rows_for_programs() -> None:
    result = run("--json", "--dataset", "ons_explore_local_statistics")
    rows = json.loads(result.stdout)["rows"]
    assert {tuple(row) for row in rows} == {("subject", "check", "status", "found", "do")}
    assert [row["check"] for row in rows if row["subject"] == "ons_explore_local_statistics"] == ["release", "format"]


@pytest.mark.usefixtures("live")
def test_nothing_in_a_used_home_is_touched(home: Home) -> None:
    with home.lock():
        ended(home, "ons_explore_local_statistics", "ok")
        publish(home, dt.datetime.now(dt.UTC))
        Landing(home.landing).record_failed("ons_explore_local_statistics", "HTTP 500")
    before = held(home)
    assert run().exit_code in (0, 3)
    assert held(home) == before


def held(home: Home) -> dict[str, tuple[int, int]]:
    """Size and time of last change of everything in the home, folders included."""
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in [home.root, *home.root.rglob("*")]}
