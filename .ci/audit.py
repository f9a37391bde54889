"""Asks for known vulnerabilities of everything that the lock files pin, and says which of three things is so.

    vulnerabilities are known            listed; exit code 1, unless every one is accepted for now
    none is known                        how many packages were looked at
    no advisory service could be asked   NOT AUDITED; exit code 0, for an outage of others must not stop a change

    python .ci/audit.py PIP_AUDIT LOCK...

Accepted ones stand in `pyproject.toml`, each with its reason and the last day on which it is:

    [[tool.audit.accepted]]
    id = "GHSA-…"          # or one of its aliases
    reason = "the function is not called"
    until = 2027-01-31
"""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
NOBODY_THERE = re.compile(r"connection|connect to|timed? ?out|name resolution|unreachable|\b5\d\d server error", re.I)
LONGEST = 300  # seconds
NAMED = 8  # packages in a message


def judge(report: dict[str, Any], accepted: list[dict[str, Any]], today: dt.date) -> tuple[int, list[str]]:
    """Exit code and lines to print for pip-audit's JSON report."""
    audited = [package for package in report["dependencies"] if "skip_reason" not in package]
    unknown = [package["name"] for package in report["dependencies"] if "skip_reason" in package]
    if not audited:
        return not_audited(f"{len(unknown)} packages, of which it knows none")
    allowed = {entry["id"]: entry for entry in accepted if entry["until"] >= today}
    lines, failed = [], False
    for package in audited:
        for found in package.get("vulns", []):
            reasons = [allowed[name]["reason"] for name in (found["id"], *found.get("aliases", [])) if name in allowed]
            failed = failed or not reasons
            fixed = f"fixed in {', '.join(found['fix_versions'])}" if found.get("fix_versions") else "no fix is known"
            verdict = f"accepted: {reasons[0]}" if reasons else "VULNERABLE"
            lines.append(f"{verdict}: {package['name']} {package['version']}: {found['id']}, {fixed}")
    lines += [
        f"the acceptance of {entry['id']} ended on {entry['until']}" for entry in accepted if entry["until"] < today
    ]
    if unknown:
        more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
        lines.append(f"NOT AUDITED, unknown to the advisory service: {', '.join(unknown[:NAMED])}{more}")
    if not failed:
        lines.append(f"audited: no vulnerability is known that is not accepted, in {len(audited)} packages")
    return int(failed), lines


def not_audited(what: str) -> tuple[int, list[str]]:
    return 0, [f"NOT AUDITED: no advisory service reached; {what}"]


def main(pip_audit: str, locks: list[str]) -> int:
    arguments = [part for lock in locks for part in ("-r", lock)]
    settings = ["--require-hashes", "--disable-pip", "--format", "json", "--desc", "off", "--progress-spinner", "off"]
    command = [pip_audit, *settings, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        done = subprocess.CompletedProcess(command, 1, "", f"timed out after {LONGEST} s")
    accepted = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["tool"].get("audit", {}).get("accepted", [])
    if done.stdout.strip():
        code, lines = judge(json.loads(done.stdout), accepted, dt.datetime.now(dt.UTC).date())
    elif NOBODY_THERE.search(done.stderr):
        code, lines = not_audited(done.stderr.strip().splitlines()[-1])
    else:
        code, lines = 1, ["pip-audit failed:", done.stderr.strip()]
    sys.stdout.write("\n".join(lines) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
