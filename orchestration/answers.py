"""Answers that a build would lose: measures that the published build answers and the new one leaves waiting.

One check, made before publishing. Between builds of one origin a lost answer stops publishing: a source that stops
answering must be seen by somebody. From one origin to another (sample, then live) it is a warning, as it says more
about the origins than about the sources. A loss that is meant is accepted by naming the measures in
`OUTCOMES_ACCEPT_LOST_MEASURES`.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.model import CheckResult

if TYPE_CHECKING:
    import duckdb

ANSWERS = frozenset({"answered", "proxy", "weak_proxy"})
WAITING = frozenset({"awaiting_source", "awaiting_return"})
ACCEPT = "OUTCOMES_ACCEPT_LOST_MEASURES"
SHOWN = 5


def check_answers(published: Path, build_db: Path, built_from: str) -> dict[str, Any]:
    """The row of `mart_quality` about answers lost between the published mart and the build database."""
    import duckdb

    if not published.is_file():
        return _check([], [], severity="error", found="nothing was published before")
    with duckdb.connect(published, read_only=True) as con:
        before, statuses_before = _origin(con, _built_from(con)), _statuses(con)
    with duckdb.connect(build_db, read_only=True) as con:
        now, statuses_now = _origin(con, built_from), _statuses(con)
    lost = lost_answers(statuses_before, statuses_now)
    accepted = [measure for measure in lost if measure in accepted_measures()]
    same = before == now
    return _check(
        [f"{measure}: {lost[measure]}" for measure in lost if measure not in accepted],
        accepted,
        severity="error" if same else "warn",
        found=f"every answer of the published build{'' if same else f', which was made from {before}, not {now}'}",
    )


def lost_answers(before: dict[str, str], now: dict[str, str]) -> dict[str, str]:
    """Measures answered before and waiting now, or gone, with what became of them."""
    return {
        measure: f"{status}, now {now.get(measure, 'not listed')}"
        for measure, status in before.items()
        if status in ANSWERS and (measure not in now or now[measure] in WAITING)
    }


def accepted_measures() -> Collection[str]:
    """Measures whose answer may be lost, as the environment names them: `3b,19a`."""
    return {name.strip() for name in os.environ.get(ACCEPT, "").split(",") if name.strip()}


def _statuses(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    rows = con.execute("select measure_id, status from mart.mart_measure_coverage order by sort_order").fetchall()
    return dict(rows)


def _built_from(con: duckdb.DuckDBPyConnection) -> str:
    row = con.execute("select built_from from mart.build").fetchone()
    return str(row[0]) if row else ""


def _origin(con: duckdb.DuckDBPyConnection, built_from: str) -> str:
    """Kind of origin; a build from landed releases is one from the sample where it holds invented figures."""
    row = con.execute("select count(*) from mart.fct_observation where basis = 'illustrative'").fetchone()
    return "sample" if row and row[0] else built_from.partition(":")[0]


def _check(lost: list[str], accepted: list[str], *, severity: Any, found: str) -> dict[str, Any]:
    if lost:
        found = f"{len(lost)} without one. Mend the source, or accept the loss by naming the measures in {ACCEPT}"
    elif accepted:
        found = f"accepted as lost: {', '.join(accepted)}"
    return CheckResult(
        check_id="release_gate.measure_coverage.answers_kept",
        kind="release_gate",
        dataset="",
        table_name="mart_measure_coverage",
        column_name="status",
        check_name="answers_kept",
        severity=severity,
        passed=not lost,
        expected="an answer to every measure that the published build answers",
        found=found if not lost else f"{'; '.join(lost[:SHOWN])}: {found}",
        sample_failing="; ".join(lost[:SHOWN]),
        release_id="",
        checked_at=dt.datetime.now(dt.UTC),
    ).to_dict()
