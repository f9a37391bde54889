"""What a dashboard asks of the published mart: how long it waits, alone and while runs publish. Part of `make bench`.

    python -m benchmarks.queries HOME       the same on a copy of a warehouse that is there

Each round connects anew, as a reader does after the nightly swap, and asks everything once, of another indicator each
time. Times are of the query and all its rows, in milliseconds. Meanwhile a second process publishes the same build over
and over, which no night does: reads that fail are counted.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from orchestration.home import PROJECT_ROOT, Home
from sources.place import place

ROUNDS = 100
PUBLISHES = 3  # at least, of the rounds while builds are published

# $area is the home area, $indicator and $breakdown another series of it in each round.
QUERIES = {
    "scorecard of a theme": """
        select measure_id, measure_name, indicator_name, value, unit, comparator_value, gap, judgement, ca_rank,
            ca_count, trend, trajectory, basis, attribution
        from mart.mart_scorecard
        where theme_id = (select min(theme_id) from mart.dim_theme) and is_headline
        order by sort_order""",
    "one series with England and the combined authorities' band": """
        select period_end, value, lower_ci, upper_ci, comparator_value, ca_min, ca_median, ca_max
        from mart.mart_comparison
        where indicator_id = $indicator and breakdown = $breakdown and area_code = $area
        order by period_end""",
    "ranking of combined authorities": """
        with newest as (
            select time_period from mart.mart_comparison
            where indicator_id = $indicator and breakdown = $breakdown and area_code = $area
            order by period_end desc limit 1
        )
        select area_name, value, ca_rank, judgement
        from mart.mart_comparison
        inner join newest using (time_period)
        inner join mart.dim_area using (area_code)
        where indicator_id = $indicator and breakdown = $breakdown and area_code like 'E47%'
        order by ca_rank""",
    "map of the member authorities": """
        select area_code, area_name, period_label, value
        from mart.mart_indicator_series
        where indicator_id = $indicator and breakdown = $breakdown
            and area_code in (
                select member_code from mart.bridge_area_membership where parent_code = $area and valid_to is null
            )
        qualify row_number() over (partition by area_code order by period_end desc) = 1""",
    "what changed with the last release": """
        select indicator_id, time_period, old_value, new_value, old_release_id, new_release_id
        from mart.mart_revisions
        where ref_area = $area
        order by new_release_id desc, indicator_id
        limit 50""",
    "freshness": """
        select dataset, publisher, status, newest_period_end, next_due, days_overdue
        from mart.mart_freshness
        order by days_overdue desc""",
    "coverage": """
        select theme, status, count(*) as measures
        from mart.mart_measure_coverage
        group by all
        order by all""",
    "trace of one number": """
        select obs_value, numerator, denominator, value_origin, source_locator, title, url, sha256, attribution
        from mart.fct_observation
        inner join mart.dim_release using (release_id)
        where is_latest and indicator_id = $indicator and breakdown = $breakdown and ref_area = $area
        order by period_end desc
        limit 1""",
    "search of indicators": """
        select indicator_id, indicator_name, definition, unit_measure
        from mart.dim_indicator
        where indicator_name ilike '%employ%' or definition ilike '%employ%'
        order by indicator_name""",
    "wide table of an area": """
        from mart.mart_area_year_wide
        where area_code = $area
        order by year""",
}
SERIES = """
    select indicator_id, breakdown from mart.mart_comparison where area_code = $area
    group by all having count(*) > 1 order by all"""

PUBLISHER = """
import datetime as dt, json, sys
from pathlib import Path
from orchestration import publish
from orchestration.home import Home

home = Home(Path(sys.argv[1]))
checks = json.loads((home.current / "results.json").read_text(encoding="utf-8"))["checks"]
for number in range(10_000):
    publish.publish(
        home, build_id=f"29991231T{number:06}Z-bench", started_at=dt.datetime.now(dt.UTC), built_from="bench",
        quality=checks, documents=[], keep=2,
    )
    print(number, flush=True)
"""


def measure(home: Home) -> dict[str, Any]:
    """Times of every query on the published mart of `home`, alone and while a copy of it is published in a loop."""
    with tempfile.TemporaryDirectory(prefix="outcomes-queries-") as folder:
        copy = Home(Path(folder) / "home")
        shutil.copytree(home.published, copy.published, symlinks=True)
        copy.build.mkdir(parents=True)
        shutil.copyfile(home.build_db, copy.build_db)
        with duckdb.connect(copy.mart, read_only=True) as con:
            rows = dict(
                con.execute(
                    "select table_name, estimated_size from duckdb_tables() where estimated_size > 10000 order by all"
                ).fetchall()
            )
        alone, failed_alone = _rounds(copy, lambda done: done >= ROUNDS)
        with subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, str(copy.root)], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
        ) as publisher:
            try:
                published = _Lines(publisher)
                published.wait()  # imports are done
                started = time.perf_counter()
                busy, failed = _rounds(copy, lambda done: done >= ROUNDS and published.count() > PUBLISHES)
                seconds, publishes = time.perf_counter() - started, published.count() - 1
            finally:
                publisher.kill()
    return {
        "taken_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "rows": rows,
        "alone": alone,
        "while_publishing": busy,
        "failed_reads": failed_alone + failed,
        "publishes": publishes,
        "seconds_publishing": round(seconds, 1),
    }


class _Lines:
    """How many lines a process has printed so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._seen = 0
        self._first = threading.Event()
        self._process = process
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for _ in self._process.stdout or ():
            self._seen += 1
            self._first.set()

    def wait(self) -> None:
        """Returns when there is a first one."""
        while not self._first.wait(1):
            self.count()

    def count(self) -> int:
        if self._process.poll() is not None:
            raise RuntimeError("the process that publishes has ended")
        return self._seen


def _rounds(home: Home, enough: Callable[[int], bool]) -> tuple[dict[str, dict[str, float]], int]:
    """Percentiles by query, and how many reads failed."""
    times: dict[str, list[float]] = {name: [] for name in ("connect", *QUERIES)}
    rows: dict[str, int] = {}
    area = place().code
    done = failed = 0
    while not enough(done):
        try:
            started = time.perf_counter()
            con = duckdb.connect(home.mart, read_only=True)
            con.execute("select build_id from mart.build").fetchall()
            times["connect"].append(time.perf_counter() - started)
            series = con.execute(SERIES, {"area": area}).fetchall()
            indicator, breakdown = series[done * 7 % len(series)]
            for name, statement in QUERIES.items():
                given = {"area": area, "indicator": indicator, "breakdown": breakdown}
                wanted = {key: value for key, value in given.items() if f"${key}" in statement}
                started = time.perf_counter()
                found = con.execute(statement, wanted).fetchall()
                times[name].append(time.perf_counter() - started)
                rows[name] = max(rows.get(name, 0), len(found))
            con.close()
        except duckdb.Error as error:
            sys.stderr.write(f"read failed: {error}\n")
            failed += 1
        done += 1
    return {name: _percentiles(taken) | {"rows": rows.get(name, 1)} for name, taken in times.items()}, failed


def _percentiles(taken: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(taken, n=100, method="inclusive")
    return {"p50_ms": round(cuts[49] * 1000, 1), "p95_ms": round(cuts[94] * 1000, 1), "reads": len(taken)}


def table(result: dict[str, Any]) -> str:
    """The result as text."""
    rows = ", ".join(f"{name} {count:,}" for name, count in result["rows"].items())
    lines = [
        f"dashboard queries, ms (rows: {rows})",
        "",
        f"{'':<60}{'alone':>16}{'publishing':>16}",
        f"{'query':<60}{'p50':>8}{'p95':>8}{'p50':>8}{'p95':>8}",
    ]
    for name, alone in result["alone"].items():
        busy = result["while_publishing"][name]
        lines.append(f"{name:<60}{alone['p50_ms']:>8}{alone['p95_ms']:>8}{busy['p50_ms']:>8}{busy['p95_ms']:>8}")
    lines.append(
        f"\nfailed reads: {result['failed_reads']}; publishes meanwhile: {result['publishes']} "
        f"in {result['seconds_publishing']} s"
    )
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    result = measure(Home(Path(arguments[0]).resolve()))
    sys.stdout.write(f"{table(result)}\n{json.dumps(result)}\n")
    return 0 if not result["failed_reads"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
