"""Why a run failed, in the words of its errors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import dagster as dg


def reasons(events: Iterable[dg.DagsterEvent]) -> list[str]:
    """One line for each failed step, or else for the run; what a step says of itself before its error's message."""
    told = list(events)
    failed = [event for event in told if event.is_step_failure]
    found = []
    for event in failed or [event for event in told if event.is_failure]:
        data: Any = event.event_specific_data
        failure = getattr(data, "user_failure_data", None)
        text = (failure and failure.description) or _root_cause(getattr(data, "error", None))
        if text:
            found.append(f"{event.step_key or 'run'}: {text}")
    return found


def _root_cause(error: Any) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    if error is not None and error.cls_name == "DagsterExecutionInterruptedError":
        return "stopped by a signal"
    return str(error.message).strip() if error is not None else ""
