"""Why a run failed, in the words of its errors."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sources.disk import disk_trouble

if TYPE_CHECKING:
    import dagster as dg

STOPPED = "stopped by a signal"


def reasons(events: Iterable[dg.DagsterEvent], home: Path) -> list[str]:
    """One line for each failed step, or else for the run; what a step says of itself before its error's message.

    Where the disk is to blame that is all that is said: paths are relative to `home`.
    """
    told = list(events)
    failed = [event for event in told if event.is_step_failure]
    found = []
    for event in failed or [event for event in told if event.is_failure]:
        data: Any = event.event_specific_data
        failure = getattr(data, "user_failure_data", None)
        text = (failure and failure.description) or _root_cause(getattr(data, "error", None))
        if text:
            found.append(f"{event.step_key or 'run'}: {disk_trouble(text, home) or text}")
    return found


def _root_cause(error: Any) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    if error is not None and error.cls_name == "DagsterExecutionInterruptedError":
        return STOPPED
    return str(error.message).strip() if error is not None else ""
