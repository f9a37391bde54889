"""Secrets are in the environment and nowhere else: not in what a run keeps, tells or alerts, however it ends.

Runs of two publishers in Dagster, with its history on disk, over HTTP on loopback; afterwards every byte of the home
and all that was printed and logged is searched for them.
"""

from __future__ import annotations

import base64
import logging
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from orchestration import alerts
from orchestration.assets.datasets import dataset_assets
from orchestration.home import PROJECT_ROOT, Home
from orchestration.warehouse import Warehouse
from sources.catalogue import Dataset, load_catalogue
from sources.sample.carry.network_rail import sample_files
from tests.faults.publishers import Nomis, Site, jobs_density
from tests.loopback import host_of

UID, USER, PASSWORD, WEBHOOK = "0x5ec7e70a1d", "clerk@example.org", "hunter2-pa55", "T0P5ECRETPATH"
SIGNATURE = "c2lnbmVkLWFkZHJlc3M"  # of an address that the publisher redirects to
ACCOUNT = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
SECRETS = (UID, USER, PASSWORD, WEBHOOK, SIGNATURE, ACCOUNT)
SERVED = "127.0.0.1 - - ["  # a line of the test's own server, which is in this process and prints what it was asked
FEED, BUCKET = "/ntrod/feed", "/bucket/feed"


class Night:
    """Nomis, Network Rail and the webhook on one server, and runs that ask them."""

    def __init__(self, home: Home, server: HTTPServer) -> None:
        self.home, self.server, self.site = home, server, Site(server)
        self.nomis: Nomis = jobs_density(self.site)
        self.told: list[dict[str, Any]] = []
        self.bucket_status = 200
        feed = sample_files(Path())[0].content

        def account(request: Request) -> Response:
            if request.headers.get("Authorization") != f"Basic {ACCOUNT}":
                return Response(status=401)
            return Response(status=302, headers={"Location": f"{BUCKET}?X-Amz-Signature={SIGNATURE}"})

        def hook(request: Request) -> Response:
            self.told.append(request.get_json())
            return Response()

        self.site.pages[FEED] = account
        self.site.pages[BUCKET] = lambda _: Response(feed, status=self.bucket_status)
        self.site.pages[f"/services/{WEBHOOK}"] = hook

    def datasets(self) -> list[Dataset]:
        timetable = load_catalogue()["network_rail_timetable"]
        how = timetable.discover.model_copy(update={"url": f"{self.site.address}{FEED}"})
        return [self.nomis.dataset(), timetable.model_copy(update={"discover": how})]

    def run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        catalogue = {dataset.dataset: dataset for dataset in self.datasets()}
        monkeypatch.setattr("orchestration.warehouse.load_catalogue", lambda folder: catalogue)
        warehouse = Warehouse(
            origin="live",
            home_dir=str(self.home.root),
            allowed_hosts=[host_of(self.server)],
            http_retries=1,
            http_backoff_seconds=0.01,
            retry_wait_seconds=0.0,
        )
        with dg.DagsterInstance.from_config(str(PROJECT_ROOT)) as instance:
            dg.materialize(
                dataset_assets(catalogue), instance=instance, resources={"warehouse": warehouse}, raise_on_error=False
            )


@pytest.fixture
def night(tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Night:
    home = Home(tmp_path / "home")
    home.dagster_storage.mkdir(parents=True)
    for name, value in {
        "NOMIS_UID": UID,
        "NETWORK_RAIL_USER": USER,
        "NETWORK_RAIL_PASSWORD": PASSWORD,
        alerts.WEBHOOK: httpserver.url_for(f"/services/{WEBHOOK}"),
        alerts.FILE: str(home.root / "alerts.log"),
        "OUTCOMES_DAGSTER_STORAGE": str(home.dagster_storage),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(alerts.STYLE, raising=False)
    return Night(home, httpserver)


def kept(home: Home) -> dict[str, str]:
    """Every file of the home as text."""
    return {str(path): path.read_bytes().decode(errors="replace") for path in home.root.rglob("*") if path.is_file()}


def test_no_secret_is_kept_or_told_however_a_run_ends(
    night: Night,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name in ("urllib3", "requests", "sources", "dagster"):
        caplog.set_level(logging.DEBUG, logger=name)
    night.run(monkeypatch)
    asked = [request for request, _ in night.server.log]
    assert any(request.args.get("uid") == UID for request in asked)
    assert any(request.headers.get("Authorization") == f"Basic {ACCOUNT}" for request in asked)
    assert night.told == []

    night.nomis.publish_good()
    night.nomis.answer_with(lambda _: Response(status=503))
    night.bucket_status = 403
    night.run(monkeypatch)
    assert ["HTTP 403" in body["problem"] for body in night.told] == [True, False]
    assert ["HTTP 503" in body["problem"] for body in night.told] == [False, True]

    def defect(*_: Any) -> None:
        raise RuntimeError(f"https://api.example/data?date=latest&uid={UID}")

    monkeypatch.setattr("sources.publishers.nomis._page_url", defect)
    night.run(monkeypatch)
    assert ["unexpected RuntimeError" in body["problem"] for body in night.told] == [False, False, True, False]

    printed = [line for text in capfd.readouterr() for line in text.splitlines() if not line.startswith(SERVED)]
    logged = [f"{record.getMessage()}{record.exc_text}" for record in caplog.records if record.name != "werkzeug"]
    places = kept(night.home) | {"printed": "\n".join(printed), "logged": "\n".join(logged), "told": str(night.told)}
    history = "".join(text for place, text in places.items() if place.endswith(".db"))
    assert "source_refreshed" in history
    assert "RuntimeError: https://api.example/data?date=latest&uid=***" in history
    assert [(place, secret) for place, text in places.items() for secret in SECRETS if secret in text] == []
