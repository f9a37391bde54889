"""`make bench`: first run, warm run and landed run of the sample (and of a mirror, where there is one), side by side;
and what a dashboard waits for on the mart of the last of them (`benchmarks.queries`).

Prints one table and writes `benchmarks/results.json` below OUTCOMES_HOME. Times depend on the machine, so ratios to
the warm sample run are given; peak memory is the sum over all processes of a run, in MB (Linux only).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks import queries
from benchmarks.measuring import Measured, machine, measure
from orchestration.home import Home

ROOT = Path(__file__).resolve().parents[1]
MIRROR = Path(os.environ.get("OUTCOMES_PUBLISHED_DIR", ROOT.parent / "shared" / "published"))


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="outcomes-bench-") as folder:
        sample = Path(folder) / "sample"
        cases = [
            ("outcomes --help", ["--help"], sample),
            ("sample, first run", ["run", "--from", "sample", "--quiet"], sample),
            ("sample, warm run", ["run", "--from", "sample", "--quiet"], sample),
            ("sample, landed only", ["run", "--from", "landed", "--quiet"], sample),
        ]
        if (MIRROR / "mirror.yml").is_file():
            mirror = Path(folder) / "mirror"
            cases += [
                ("real files, first run", ["run", "--from", f"mirror:{MIRROR}", "--quiet"], mirror),
                ("real files, nothing new", ["run", "--from", f"mirror:{MIRROR}", "--quiet"], mirror),
            ]
        results = [_measure(name, arguments, home) for name, arguments, home in cases]
        phases = _phases(sample)
        waited = queries.measure(Home(cases[-1][2]))
    _print(machine(), results, phases)
    sys.stdout.write(f"\n{queries.table(waited)}\n")
    target = Path(os.environ.get("OUTCOMES_HOME", ROOT / "data")) / "benchmarks"
    target.mkdir(parents=True, exist_ok=True)
    report = {"machine": machine(), "runs": [asdict(result) for result in results], "dbt": phases, "queries": waited}
    (target / "results.json").write_text(json.dumps(report, indent=2), encoding="utf-8")
    return max(result.exit_code for result in results)


def _measure(name: str, arguments: list[str], home: Path) -> Measured:
    command = [sys.executable, "-m", "orchestration.cli", *arguments]
    return measure(name, command, {"OUTCOMES_HOME": str(home)})


def _phases(home: Path) -> dict[str, float]:
    """Seconds of dbt by kind of node in the last run (nodes run two at a time)."""
    results = home / "build" / "run_results.json"
    if not results.is_file():
        return {}
    phases: dict[str, float] = {}
    for result in json.loads(results.read_text(encoding="utf-8"))["results"]:
        kind = result["unique_id"].split(".")[0]
        phases[kind] = round(phases.get(kind, 0.0) + result["execution_time"], 2)
    return phases


def _print(noted: str, results: list[Measured], phases: dict[str, float]) -> None:
    warm = next(result for result in results if result.name == "sample, warm run")
    lines = [noted, "", f"{'run':<26}{'seconds':>9}{'of warm':>9}{'peak MB':>9}{'exit':>6}"]
    lines += [
        f"{r.name:<26}{r.seconds:>9.1f}{r.seconds / warm.seconds:>9.2f}{r.peak_mb:>9.0f}{r.exit_code:>6}"
        for r in results
    ]
    lines += ["", "dbt, node seconds: " + ", ".join(f"{kind} {seconds}" for kind, seconds in phases.items())]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
