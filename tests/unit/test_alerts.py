"""Alerts over loopback: once when a problem is new, once when it is over, and never a reason for a run to fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from orchestration.alerts import FILE, RUN, STYLE, WEBHOOK, alert

OFCOM = {"ofcom_fixed_coverage": "ofcom / ofcom_fixed_coverage: expected a zip; found HTML"}


class Listener:
    """What came to a webhook, and what was said in the run's log."""

    def __init__(self, server: HTTPServer, state: Path) -> None:
        self.state = state
        self.bodies: list[dict[str, Any]] = []
        self.said: list[str] = []
        self.status = 200
        server.expect_request("/hook/secret").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        if self.status == 200:
            self.bodies.append(request.get_json())
        return Response(status=self.status, headers={"Location": "/elsewhere"} if self.status == 302 else {})

    def after_a_run(self, problems: dict[str, str]) -> list[tuple[str, str]]:
        return [(sent.subject, sent.state) for sent in alert(self.state, problems, say=self.said.append)]


@pytest.fixture
def listener(httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    for name in (FILE, STYLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(WEBHOOK, httpserver.url_for("/hook/secret"))
    yield Listener(httpserver, tmp_path / "alerts.json")


def test_a_problem_is_told_once_and_its_end_once(listener: Listener) -> None:
    assert listener.after_a_run({}) == []
    assert listener.after_a_run(OFCOM) == [("ofcom_fixed_coverage", "new")]
    assert listener.after_a_run(OFCOM) == []
    assert listener.after_a_run({"ofcom_fixed_coverage": "worded otherwise tonight"}) == []
    assert listener.after_a_run(OFCOM | {RUN: "dbt build failed"}) == [(RUN, "new")]
    assert listener.after_a_run({}) == [("ofcom_fixed_coverage", "over"), (RUN, "over")]
    assert listener.after_a_run({}) == []
    assert listener.after_a_run(OFCOM) == [("ofcom_fixed_coverage", "new")]
    first, *_ = listener.bodies
    assert first["text"] == f"lcr-outcomes: ofcom_fixed_coverage: {OFCOM['ofcom_fixed_coverage']}"
    assert len(listener.bodies) == 5


def test_what_could_not_be_sent_is_sent_after_the_next_run(listener: Listener) -> None:
    for status in (500, 302):
        listener.status = status
        assert listener.after_a_run(OFCOM) == []
    assert "HTTP 500" in listener.said[0]
    assert "secret" not in "".join(listener.said)
    listener.status = 200
    assert listener.after_a_run(OFCOM) == [("ofcom_fixed_coverage", "new")]
    listener.status = 500
    assert listener.after_a_run({}) == []
    listener.status = 200
    assert listener.after_a_run({}) == [("ofcom_fixed_coverage", "over")]


def test_nobody_there_is_said_without_the_address(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WEBHOOK, "http://127.0.0.1:9/hook/secret")
    assert listener.after_a_run(OFCOM) == []
    assert "could not be reached (ConnectionError)" in listener.said[0]
    assert "secret" not in listener.said[0]


@pytest.mark.parametrize("style", ["slack", "teams", "json"])
def test_each_style_carries_the_text(listener: Listener, monkeypatch: pytest.MonkeyPatch, style: str) -> None:
    monkeypatch.setenv(STYLE, style)
    listener.after_a_run(OFCOM)
    (body,) = listener.bodies
    assert OFCOM["ofcom_fixed_coverage"] in json.dumps(body, ensure_ascii=False)
    assert (
        set(body)
        == {
            "slack": {"text"},
            "teams": {"type", "attachments"},
            "json": {"subject", "state", "problem", "since", "at", "text"},
        }[style]
    )


def test_unknown_style_is_said(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STYLE, "pigeon")
    assert listener.after_a_run(OFCOM) == []
    assert "expected OUTCOMES_ALERT_STYLE to be json, slack or teams, found 'pigeon'" in listener.said[0]


def test_a_file_gets_a_line_for_each_message(
    listener: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(WEBHOOK)
    path = tmp_path / "alerts.log"
    monkeypatch.setenv(FILE, str(path))
    listener.after_a_run(OFCOM)
    listener.after_a_run({})
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [(line["subject"], line["state"]) for line in lines] == [
        ("ofcom_fixed_coverage", "new"),
        ("ofcom_fixed_coverage", "over"),
    ]
    monkeypatch.setenv(FILE, str(tmp_path))  # a folder
    assert listener.after_a_run(OFCOM) == []
    assert "was not sent: OUTCOMES_ALERT_FILE: Is a directory" in listener.said[-1]


def test_a_memory_that_cannot_be_read_or_kept_fails_nothing(listener: Listener) -> None:
    listener.state.write_text('{"ofcom_fixed_co', encoding="utf-8")  # torn by a crash
    assert listener.after_a_run(OFCOM) == [("ofcom_fixed_coverage", "new")]
    assert "cannot be read, and is told again: alerts.json" in listener.said[0]
    assert listener.after_a_run(OFCOM) == []
    listener.state.unlink()
    listener.state.mkdir()
    assert listener.after_a_run(OFCOM) == [("ofcom_fixed_coverage", "new")]
    assert "could not be kept, and will be told again: alerts.json" in listener.said[-1]


def test_without_an_address_nothing_is_kept(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WEBHOOK)
    assert listener.after_a_run(OFCOM) == []
    assert not listener.state.exists()
