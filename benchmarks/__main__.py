"""`make bench`: how long a night takes and of what, against the least that it could and against what one would pick.

    full night     `outcomes run --from mirror:DIR` in a new home (OUTCOMES_PUBLISHED_DIR)
    floor          the same files to the same facts by a bare script (`benchmarks.floor`)
    dlt and dbt    loaded by dlt, built by dbt's own command line (`benchmarks.dlt_pipeline`)
    quiet night    the same again a day later: every publisher's bytes have the hash of the day before
    growth         generated files of 1 and 10 times the rows of today (`benchmarks.growth`; --to 100 for more)
    dashboard      what ten questions of a dashboard wait for, alone and while runs publish (`benchmarks.queries`)

All in one call, one after the other, on one machine; the facts of the first three are compared row by row. Prints one
table and writes `benchmarks/results.json` below OUTCOMES_HOME. Times are the machine's: read the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import dlt_pipeline, floor, growth, queries
from benchmarks.measuring import Measured, machine, measure
from orchestration import profile
from orchestration.cli import DEGRADED
from orchestration.data_versions import node_versions
from orchestration.dbt_process import ensure_manifest
from orchestration.home import DBT_PROJECT_DIR, PROJECT_ROOT, Home

MIRROR = Path(os.environ.get("OUTCOMES_PUBLISHED_DIR", PROJECT_ROOT.parent / "shared" / "published"))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--to", type=int, default=10, help="the largest size of growth, in times of today's rows")
    given = parser.parse_args(arguments)
    report: dict[str, Any] = {"machine": machine()}
    _tell(report["machine"])
    if (MIRROR / "mirror.yml").is_file():
        with tempfile.TemporaryDirectory(prefix="outcomes-bench-") as folder:
            home = Home(Path(folder) / "home")
            ensure_manifest(home)  # once for a checkout, not for a night
            report["nights"] = _nights(home)
            _tell(_table(report["nights"]))
            report["queries"] = queries.measure(home)
            _tell(queries.table(report["queries"]))
    else:
        _tell(f"no night of real files and no questions to it: there is no {MIRROR / 'mirror.yml'}")
    report["growth"] = growth.measure_growth(given.to)
    _tell(growth.table(report["growth"]))
    target = Path(os.environ.get("OUTCOMES_HOME", PROJECT_ROOT / "data")) / "benchmarks"
    target.mkdir(parents=True, exist_ok=True)
    (target / "results.json").write_text(json.dumps(report, indent=2), encoding="utf-8")
    _tell(f"all of it: {target / 'results.json'}")
    return 0


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n\n")
    sys.stdout.flush()


def _nights(home: Home) -> dict[str, Any]:
    """The full night, what it is held against, and the quiet one after it."""
    full = _night("full night", home)
    found: dict[str, Any] = {"full": asdict(full), "full_profile": profile.newest(home.profiles)}
    found["floor"] = floor.measure_floor(home, MIRROR)
    found["dlt"] = dlt_pipeline.measure_dlt(home, MIRROR)
    _become_yesterday(home)
    found["quiet"] = asdict(_night("quiet night", home))
    found["quiet_profile"] = profile.newest(home.profiles)
    return found


def _night(name: str, home: Home) -> Measured:
    command = [sys.executable, "-m", "orchestration.cli", "run", "--from", f"mirror:{MIRROR}", "--quiet"]
    measured = measure(name, command, {"OUTCOMES_HOME": str(home.root)})
    if measured.exit_code not in (0, DEGRADED):
        raise RuntimeError(f"the {name} failed (exit code {measured.exit_code})")
    return measured


def _become_yesterday(home: Home) -> None:
    """What another day makes outdated is forgotten, as if it had been built the day before."""
    manifest = json.loads((DBT_PROJECT_DIR / "target" / "manifest.json").read_text(encoding="utf-8"))
    sources = {source["name"]: "" for source in manifest["sources"].values()}
    today, tomorrow = (node_versions(manifest, sources, code="", day=day) for day in ("today", "tomorrow"))
    of_the_day = [node for node in today if today[node] != tomorrow[node]]
    with duckdb.connect(home.build_db) as con:
        con.execute("delete from state.data_version where list_contains(?, node)", [of_the_day])


def _table(nights: dict[str, Any]) -> str:
    full, quiet = nights["full"], nights["quiet"]
    lines = [f"{'':<14}{'seconds':>9}{'peak MB':>9}{'facts':>10}{'differ':>8}   full night, as a ratio to it"]
    for name, result in (("floor", nights["floor"]), ("dlt and dbt", nights["dlt"])):
        ratio = full["seconds"] / result["seconds"]
        lines.append(
            f"{name:<14}{result['seconds']:>9.1f}{result['peak_mb']:>9.0f}{result['facts']:>10,}"
            f"{result['differing_facts']:>8,}   {ratio:.2f}"
        )
    over = (full["seconds"] - 15) / nights["floor"]["seconds"]
    lines += [
        f"{'full night':<14}{full['seconds']:>9.1f}{full['peak_mb']:>9.0f}   15 s and {over:.2f} floors",
        f"{'quiet night':<14}{quiet['seconds']:>9.1f}{quiet['peak_mb']:>9.0f}   "
        f"{quiet['seconds'] / full['seconds']:.0%} of the full one",
    ]
    for name in ("full", "quiet"):
        lines += [f"\n{name} night", *profile.render(nights[f"{name}_profile"])[1:]]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
