"""Alerts over loopback: once when a problem is new, once when it is over, and never a reason for a run to fail."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from orchestration.alerts import FILE, RUN, STYLE, WEBHOOK, alert

OFCOM = {"ofcom_fixed_coverage": ["ofcom / ofcom_fixed_coverage: expected a zip; found HTML"]}


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

    def after_a_run(self, problems: dict[str, list[str]]) -> list[tuple[str, str]]:
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
    assert listener.after_a_run(OFCOM | {RUN: ["dbt build failed"]}) == [(RUN, "new")]
    assert listener.after_a_run({}) == [("ofcom_fixed_coverage", "over"), (RUN, "over")]
    assert listener.after_a_run({}) == []
    assert listener.after_a_run(OFCOM) == [("ofcom_fixed_coverage", "new")]
    first, *_ = listener.bodies
    assert first["text"] == f"lcr-outcomes: ofcom_fixed_coverage: {OFCOM['ofcom_fixed_coverage'][0]}"
    assert len(listener.bodies) == 5


PAYLOAD = "ons / d: expected a CSV file; found an HTML page starting “<html>{}” in https://ons/{}/f.csv. Open it."
CONTRACT = (
    "ofcom / d: expected a payload that meets its contract; found {} ({}) in https://ofcom/{}.zip. Nothing landed."
)
NETWORK = "nomis / d: expected HTTP 200; found {} in https://nomis/a. The last good release stays; run again later."


@pytest.mark.parametrize(
    ("tonight", "tomorrow"),
    [
        (PAYLOAD.format("request 4711", "2026-11-21"), PAYLOAD.format("request 4712", "2026-11-22")),
        (PAYLOAD.format("", "media/5f1c0a9e77b2"), PAYLOAD.format("", "media/0a9e775f1cb2")),
        (
            CONTRACT.format("1 failed check", "t areas: expected E06000006; found E06000006 missing", "202507"),
            CONTRACT.format("1 failed check", "t areas: expected E06000006; found E06000006, E08000011 missing", "b"),
        ),
        (
            CONTRACT.format("1 failed check", "t rows: expected 300 to 400 rows; found 1 row, row 7", "a"),
            CONTRACT.format("1 failed check", "t rows: expected 300 to 400 rows; found 12,345 rows, rows 7, 8", "a"),
        ),
        (NETWORK.format("HTTP 503 UNAVAILABLE"), NETWORK.format("nothing sent for 60 s (read time-out)")),
        ("d: changed on 30 September 2026, 12:00", "d: changed on 1 October 2026, 08:15"),
        ("x" * 2000 + "1", "x" * 2000 + "y"),
    ],
)
def test_problem_that_lasts_is_the_same_whatever_changes_in_its_words(
    listener: Listener, tonight: str, tomorrow: str
) -> None:
    assert listener.after_a_run({"d": [tonight]}) == [("d", "new")]
    assert listener.after_a_run({"d": [tomorrow]}) == []
    assert listener.after_a_run({}) == [("d", "over")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PAYLOAD.format("", ""), NETWORK.format("HTTP 503")),
        (
            CONTRACT.format("1 failed check", "t areas_present: expected E06; found E06 missing", "a"),
            CONTRACT.format("1 failed check", "t key_unique: expected unique; found 3 doubles", "a"),
        ),
        (
            "ons / d: expected HTTP 200; found HTTP 404 NOT FOUND in https://ons/a. It has moved.",
            "ons / d: expected HTTP 200; found HTTP 403 FORBIDDEN in https://ons/a. It refuses.",
        ),
    ],
)
def test_several_problems_of_one_dataset_are_told_apart(listener: Listener, one: str, other: str) -> None:
    assert listener.after_a_run({"d": [one]}) == [("d", "new")]
    assert listener.after_a_run({"d": [one, other]}) == [("d", "new")]
    assert listener.after_a_run({"d": [other]}) == [("d", "over")]
    assert [body["problem"] for body in listener.bodies] == [one, other, one]
    assert listener.after_a_run({}) == [("d", "over")]
    assert listener.bodies[-1]["problem"] == other


def test_files_that_fail_alike_are_one_message(listener: Listener) -> None:
    parts = [f"hesa / d: expected HTTP 200; found HTTP 404 NOT FOUND in https://hesa/{n}.csv." for n in range(9)]
    assert listener.after_a_run({"d": parts}) == [("d", "new")]
    assert listener.after_a_run({"d": parts[3:]}) == []


def test_what_an_earlier_version_has_told_is_not_told_again(listener: Listener) -> None:
    told = {"problem": "expected 5 rows; found 4", "since": "2026-07-01T02:45:00+00:00"}
    listener.state.write_text(json.dumps({"d": told}), encoding="utf-8")
    assert listener.after_a_run({"d": ["expected 5 rows; found 3"]}) == []
    assert listener.after_a_run({}) == [("d", "over")]
    assert (listener.bodies[0]["problem"], listener.bodies[0]["since"]) == (told["problem"], told["since"])


def test_long_addresses_leave_room_for_what_to_do(listener: Listener) -> None:
    problem = NETWORK.format("HTTP 503").replace("https://nomis/a", f"https://nomis/a?geography={'E08000012,' * 200}")
    assert listener.after_a_run({"d": [problem]}) == [("d", "new")]
    assert listener.bodies[0]["problem"].endswith("run again later.")
    assert listener.after_a_run({"d": [problem]}) == []
    assert listener.after_a_run({"d": ["x" * 2000, problem]}) == [("d", "new")]
    assert listener.after_a_run({"d": ["x" * 2000, problem]}) == []


@pytest.mark.parametrize(
    "kept", ['{"d": {"subject": "d"}}', '{"ofcom": []}', '{"ofcom": {"since": "x"}}', "[1]", '"text"']
)
def test_memory_of_another_shape_fails_nothing(listener: Listener, kept: str) -> None:
    listener.state.write_text(kept, encoding="utf-8")
    assert listener.after_a_run(OFCOM) == [("ofcom_fixed_coverage", "new")]
    assert "cannot be read, and is told again" in listener.said[0]


def test_text_of_a_publisher_is_no_markup_in_a_message(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STYLE, "slack")
    listener.after_a_run({"d": ["found <!channel> & <https://evil.example|a link>"]})
    assert listener.bodies[0]["text"].endswith("found &lt;!channel&gt; &amp; &lt;https://evil.example|a link&gt;")


@pytest.mark.parametrize(
    "address", ["http://hooks.example/secret", "ftp://hooks.example/secret", "hooks.example/secret", "https://[secret"]
)
def test_webhook_that_is_no_https_address_is_refused_unseen(
    listener: Listener, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv(WEBHOOK, address)
    assert listener.after_a_run(OFCOM | {RUN: ["failed"]}) == []
    (said,) = listener.said  # and the next message is not even tried
    assert "secret" not in said


def test_address_of_the_webhook_is_in_no_log(listener: Listener, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert listener.after_a_run(OFCOM) == [("ofcom_fixed_coverage", "new")]
    of_client = [record.getMessage() for record in caplog.records if record.name != "werkzeug"]
    assert "secret" not in "".join(of_client)


def test_reply_of_the_webhook_is_not_read(httpserver: HTTPServer, listener: Listener) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 65536

    httpserver.clear()
    httpserver.expect_request("/hook/secret").respond_with_handler(lambda _: Response(endless()))
    assert listener.after_a_run(OFCOM) == [("ofcom_fixed_coverage", "new")]


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
    assert OFCOM["ofcom_fixed_coverage"][0] in json.dumps(body, ensure_ascii=False)
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
