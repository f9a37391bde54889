"""Two extracts of the register are one release, over HTTP on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from orchestration.ingest import Ingest
from sources.catalogue import Dataset, load_catalogue
from sources.http import PoliteSession
from sources.landing import Landing
from sources.origins import LiveOrigin, OriginSpec
from sources.raw import RawStore
from sources.sample.carry.charity_commission import charity, extracts
from tests.loopback import loopback_session

REGISTER = "charity_commission_register"
SIX = ("Halton", "Knowsley", "Liverpool City", "St Helens", "Sefton", "Wirral")
MONDAY, TUESDAY = "Mon, 16 Nov 2026 01:00:00 GMT", "Tue, 17 Nov 2026 01:00:00 GMT"


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


@pytest.fixture
def dataset(httpserver: HTTPServer) -> Dataset:
    """The dataset on loopback, without the row band of the whole register."""
    dataset = load_catalogue()[REGISTER]
    names = [url.rsplit("/", 1)[-1] for url in dataset.discover.urls]  # type: ignore[union-attr]
    how = dataset.discover.model_copy(update={"urls": tuple(httpserver.url_for(f"/json/{name}") for name in names)})
    (table,) = dataset.tables
    table = table.model_copy(update={"expect": table.expect.model_copy(update={"rows": None})})
    return dataset.model_copy(update={"discover": how, "tables": (table,)})


class Server:
    """Serves both extracts; `changed` counts up with every new edition of the first."""

    def __init__(self, server: HTTPServer) -> None:
        self.content = extracts([charity(n) for n in range(1, 7)], {n: (name,) for n, name in enumerate(SIX, start=1)})
        self.modified = dict.fromkeys(self.content, MONDAY)
        self.sent: list[str] = []
        for name in self.content:
            server.expect_request(f"/json/{name}").respond_with_handler(self._reply)

    def _reply(self, request: Request) -> Response:
        name = request.path.rsplit("/", 1)[-1]
        if request.headers.get("If-Modified-Since") == self.modified[name]:
            return Response(status=304)
        self.sent.append(name)
        return Response(self.content[name], headers={"Last-Modified": self.modified[name]})


def test_one_release_of_both_extracts_and_nothing_again_until_one_changes(
    dataset: Dataset, session: PoliteSession, httpserver: HTTPServer, tmp_path: Path
) -> None:
    from expectations.runner import Runner

    server = Server(httpserver)
    both = sorted(server.content)
    ingest = Ingest(Landing(tmp_path / "landing"), RawStore(tmp_path / "raw"), Runner)
    origin = LiveOrigin(OriginSpec("live"), ingest.landing, session)

    first = ingest.ingest(dataset, origin)
    assert (first.status, len(first.landed)) == ("ok", 1), first.message
    (release,) = ingest.landing.releases(sample=False)
    assert release.published_at.isoformat() == "2026-11-16"
    assert sorted(server.sent) == both

    again = ingest.ingest(dataset, origin)
    assert (again.status, again.unchanged) == ("unchanged", 1), again.message
    assert sorted(server.sent) == both, "nothing was sent again"

    server.modified["publicextract.charity.zip"] = TUESDAY
    server.content["publicextract.charity.zip"] = extracts([charity(n) for n in range(1, 6)], {})[
        "publicextract.charity.zip"
    ]
    changed = ingest.ingest(dataset, origin)
    assert len(server.sent) == 4, "the extract that had not changed is needed as well"
    assert (changed.status, changed.landed) == ("stale", []), "Wirral is gone: refused"
    assert "areas_present" in changed.message
