"""What a run tells while it works: to Dagster's log always, to the terminal when the command line listens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class _Log(Protocol):
    def info(self, msg: str) -> None: ...


_listeners: list[Callable[[str], None]] = []


def listen(listener: Callable[[str], None]) -> None:
    """Every later `say` of this process also calls `listener`."""
    _listeners.append(listener)


def say(log: _Log | None, text: str) -> None:
    if log is not None:
        log.info(text)
    for listener in _listeners:
        listener(text)
