"""Alerts: one message when a problem is new, one when it is over; nothing for a night like the last one.

A problem is a dataset whose source failed, or the run itself. What is known of and told lies in
`OUTCOMES_HOME/alerts.json`. Messages go to `OUTCOMES_ALERT_WEBHOOK` (an https address, in the shape that
`OUTCOMES_ALERT_STYLE` names: json, slack or teams) and to `OUTCOMES_ALERT_FILE` (a JSON line each). A message that
could not be sent is sent after the next run. Alerting never fails a run.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

WEBHOOK, STYLE, FILE = "OUTCOMES_ALERT_WEBHOOK", "OUTCOMES_ALERT_STYLE", "OUTCOMES_ALERT_FILE"
RUN = "run"  # the subject of a run that failed
TIMEOUT_SECONDS = 10
LENGTH = 1000  # of a problem's text: a message, not a log

Problems = Mapping[str, str]  # subject (a dataset, or RUN) -> what is wrong


@dataclass(frozen=True)
class Alert:
    """One message: a subject's problem is new, or over."""

    subject: str
    state: Literal["new", "over"]
    problem: str
    since: str  # ISO 8601, UTC
    at: str

    @property
    def text(self) -> str:
        if self.state == "new":
            return f"lcr-outcomes: {self.subject}: {self.problem}"
        return f"lcr-outcomes: {self.subject}: over (since {self.since}: {self.problem})"


class AlertError(RuntimeError):
    """A message could not be sent; says why, without the address, which is a secret."""


def alert(state_file: Path, problems: Problems, *, say: Callable[[str], None]) -> list[Alert]:
    """Tells what changed since the last run. Returns the messages that were sent; none where nobody listens."""
    if not (os.environ.get(WEBHOOK) or os.environ.get(FILE)):
        return []
    try:
        known = _read(state_file)
    except (OSError, ValueError) as error:
        # Told once more is better than not at all, and than a run that fails.
        say(f"what was told before cannot be read, and is told again: {state_file.name}: {error}")
        known = {}
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    sent = []
    for message in _changes(known, problems, now):
        try:
            _send(message)
        except AlertError as error:
            say(f"alert about {message.subject} was not sent: {error}")
            continue
        sent.append(message)
        if message.state == "new":
            known[message.subject] = {"problem": message.problem, "since": message.since}
        else:
            del known[message.subject]
    try:
        _write(state_file, known)
    except OSError as error:
        say(f"what was told could not be kept, and will be told again: {state_file.name}: {error.strerror}")
    return sent


def _changes(known: Mapping[str, Mapping[str, str]], problems: Problems, now: str) -> list[Alert]:
    new = [
        Alert(subject, "new", problem[:LENGTH], now, now)
        for subject, problem in sorted(problems.items())
        if subject not in known
    ]
    over = [
        Alert(subject, "over", told["problem"], told["since"], now)
        for subject, told in sorted(known.items())
        if subject not in problems
    ]
    return new + over


def _send(message: Alert) -> None:
    path, address = os.environ.get(FILE), os.environ.get(WEBHOOK)
    if address:
        _post(address, _body(message, os.environ.get(STYLE) or "json"))
    if path:
        try:
            with Path(path).expanduser().open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(message), ensure_ascii=False) + "\n")
        except OSError as error:
            raise AlertError(f"{FILE}: {error.strerror}") from error


def _body(message: Alert, style: str) -> dict[str, Any]:
    if style == "json":
        return {**asdict(message), "text": message.text}
    if style == "slack":
        return {"text": message.text}
    if style == "teams":
        card = {
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": [{"type": "TextBlock", "text": message.text, "wrap": True}],
        }
        attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
        return {"type": "message", "attachments": [attachment]}
    raise AlertError(f"expected {STYLE} to be json, slack or teams, found {style!r}")


def _post(address: str, body: Mapping[str, Any]) -> None:
    import requests

    try:
        reply = requests.post(address, json=body, timeout=TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        # The error's own text would tell the address.
        raise AlertError(f"{WEBHOOK} could not be reached ({type(error).__name__})") from None
    if not reply.ok or reply.is_redirect:
        raise AlertError(f"{WEBHOOK} answered with HTTP {reply.status_code}")


def _read(path: Path) -> dict[str, dict[str, str]]:
    if not path.is_file():
        return {}
    known: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return known


def _write(path: Path, known: Mapping[str, Mapping[str, str]]) -> None:
    scratch = path.with_suffix(".tmp")
    scratch.write_text(json.dumps(known, ensure_ascii=False, indent=1), encoding="utf-8")
    scratch.replace(path)
