"""Alerts: one message when a problem is new, one when it is over; nothing for a night like the last one.

A problem is one way in which a dataset's source failed, or the run itself; a subject may have several. It is the same
one as long as its words are, whatever the numbers, addresses and samples of text in them (`signature`). What is known
of and told lies in `OUTCOMES_HOME/alerts.json`. Messages go to `OUTCOMES_ALERT_WEBHOOK` (an https address, in the shape
that `OUTCOMES_ALERT_STYLE` names: json, slack or teams) and to `OUTCOMES_ALERT_FILE` (a JSON line each). A message that
could not be sent is sent after the next run. Alerting never fails a run.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from sources.errors import LATER

WEBHOOK, STYLE, FILE = "OUTCOMES_ALERT_WEBHOOK", "OUTCOMES_ALERT_STYLE", "OUTCOMES_ALERT_FILE"
STYLES = ("json", "slack", "teams")
RUN = "run"  # the subject of a run that failed
TIMEOUT_SECONDS = 10
LENGTH = 1000  # of a problem's text: a message, not a log

Problems = Mapping[str, Sequence[str]]  # subject (a dataset, or RUN) -> what is wrong, one text for each problem

# What changes from night to night while a problem stays the same.
_SAMPLE = re.compile(r"“[^”]*”?|(?<!\w)'[^']*'(?!\w)|\"[^\"]*\"")  # of the file, or of a server's reply
_ADDRESS = re.compile(r"(?:https?://|\b(?:mirror|returns?)[:/]|/)[^\s;,)]+")
_MONTH = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b", re.IGNORECASE)
_NUMBER = re.compile(r"\b[\da-f]*\d[\da-f]{7,}\b|\d(?:[\d,.:-]*\d)?", re.IGNORECASE)  # hashes, dates, counts
_LONG_ADDRESS = re.compile(r"(https?://\S{150})\S+")  # some list hundreds of codes
_LISTED = re.compile(r"(\S+)(?:, \1)+")
_PLURAL = re.compile(r"(?<=\w)s\b")


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


class NobodyThereError(AlertError):
    """Nor would the next message be sent."""


def signature(problem: str) -> str:
    """What a problem has in common with itself of other nights: its words, without what changes in them.

    Failures of the network that may pass are one problem in whatever words: they change with the hour.
    """
    if problem.endswith(LATER):
        return LATER
    text = problem[:LENGTH]
    for changing in (_SAMPLE, _ADDRESS, _MONTH, _NUMBER):
        text = changing.sub("#", text)
    text = _PLURAL.sub("", _LISTED.sub(r"\1", text))
    return " ".join(text.split())


def alert(state_file: Path, problems: Problems, *, say: Callable[[str], None]) -> list[Alert]:
    """Tells what changed since the last run. Returns the messages that were sent; none where nobody listens."""
    if not (os.environ.get(WEBHOOK) or os.environ.get(FILE)):
        return []
    try:
        known = _read(state_file)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        # Told once more is better than not at all, and than a run that fails.
        say(f"what was told before cannot be read, and is told again: {state_file.name}: {error}")
        known = {}
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    sent = []
    for key, message in _changes(known, problems, now):
        try:
            _send(message)
        except AlertError as error:
            say(f"alert about {message.subject} was not sent: {error}")
            if isinstance(error, NobodyThereError):
                break
            continue
        sent.append(message)
        if message.state == "new":
            known[key] = {"subject": message.subject, "problem": message.problem, "since": message.since}
        else:
            del known[key]
    try:
        _write(state_file, known)
    except OSError as error:
        say(f"what was told could not be kept, and will be told again: {state_file.name}: {error.strerror}")
    return sent


def _key(subject: str, problem: str) -> str:
    return f"{subject}: {signature(problem)}"


def _changes(known: Mapping[str, Mapping[str, str]], problems: Problems, now: str) -> list[tuple[str, Alert]]:
    """Messages by the keys of their problems; of problems alike the first speaks for all."""
    current: dict[str, tuple[str, str]] = {}
    for subject, texts in sorted(problems.items()):
        for text in texts:
            current.setdefault(_key(subject, text), (subject, _LONG_ADDRESS.sub(r"\1…", text)[:LENGTH]))
    new = [(key, Alert(subject, "new", text, now, now)) for key, (subject, text) in current.items() if key not in known]
    over = [
        (key, Alert(told["subject"], "over", told["problem"], told["since"], now))
        for key, told in sorted(known.items())
        if key not in current
    ]
    return new + over


def wrong_setting() -> str:
    """Why no message could be sent, as a sentence without the address; '' where nothing is known against it."""
    from sources.http import is_loopback

    style, address = os.environ.get(STYLE) or STYLES[0], os.environ.get(WEBHOOK)
    if address and style not in STYLES:
        return f"expected {STYLE} to be {', '.join(STYLES[:-1])} or {STYLES[-1]}, found {style!r}"
    try:
        parts = urlsplit(address or "https://unset")
        usable = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    except ValueError:
        usable = False
    return "" if usable else f"expected {WEBHOOK} to be an https address"


def _send(message: Alert) -> None:
    path, address = os.environ.get(FILE), os.environ.get(WEBHOOK)
    if wrong := wrong_setting():
        raise NobodyThereError(wrong)
    if address:
        _post(address, _body(message, os.environ.get(STYLE) or STYLES[0]))
    if path:
        try:
            with Path(path).expanduser().open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(message), ensure_ascii=False) + "\n")
        except OSError as error:
            raise AlertError(f"{FILE}: {error.strerror}") from error


def _body(message: Alert, style: str) -> dict[str, Any]:
    """The message in one of STYLES."""
    if style == "json":
        return {**asdict(message), "text": message.text}
    # Texts quote publishers: nothing in them may become a link, or call everybody.
    if style == "slack":
        return {"text": escape(message.text, quote=False)}
    plain = {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": message.text}]}
    card = {"type": "AdaptiveCard", "version": "1.4", "body": [plain]}
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


def _post(address: str, body: Mapping[str, Any]) -> None:
    """Redirects are not followed, and the reply's body is not read."""
    import requests

    from sources.http import NoAccount

    try:
        with (
            _unlogged(),
            requests.post(
                address, json=body, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True, auth=NoAccount()
            ) as reply,
        ):
            status, refused = reply.status_code, not reply.ok or reply.is_redirect
    except (requests.RequestException, OSError, ValueError) as error:
        # The error's own text would tell the address.
        raise NobodyThereError(f"{WEBHOOK} could not be reached ({type(error).__name__})") from None
    if refused:
        raise AlertError(f"{WEBHOOK} answered with HTTP {status}")


@contextmanager
def _unlogged() -> Iterator[None]:
    """Without what urllib3 writes to its log in this thread: the path that it asks for is a secret."""
    log, here = logging.getLogger("urllib3.connectionpool"), threading.get_ident()

    def of_others(record: logging.LogRecord) -> bool:
        return record.thread != here

    log.addFilter(of_others)
    try:
        yield
    finally:
        log.removeFilter(of_others)


def _read(path: Path) -> dict[str, dict[str, str]]:
    """Told problems by key. Until several problems of one subject were told apart, the subject was the key."""
    if not path.is_file():
        return {}
    told = {}
    for key, entry in json.loads(path.read_text(encoding="utf-8")).items():
        problem, since = entry["problem"], entry["since"]
        known_as = key if "subject" in entry else _key(key, problem)
        told[known_as] = {"subject": entry.get("subject", key), "problem": problem, "since": since}
    return told


def _write(path: Path, known: Mapping[str, Mapping[str, str]]) -> None:
    scratch = path.with_suffix(".tmp")
    scratch.write_text(json.dumps(known, ensure_ascii=False, indent=1), encoding="utf-8")
    scratch.replace(path)
