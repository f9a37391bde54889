"""Locks are hashed and name no registry; the audit says which of its three outcomes is so, and never pretends."""

from __future__ import annotations

import datetime as dt
import json
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from orchestration.home import PROJECT_ROOT

CI = PROJECT_ROOT / ".ci"
TODAY = dt.date(2026, 11, 22)
judge = runpy.run_path(str(CI / "audit.py"))["judge"]
locks = runpy.run_path(str(CI / "locks.py"))
problems, problems_of_npm = locks["problems"], locks["problems_of_npm"]

HASH = f"--hash=sha256:{'0' * 64}"
CLEAN = {"name": "agate", "version": "1.9.1", "vulns": []}
BAD = {
    "name": "urllib3",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-1", "aliases": ["GHSA-1", "CVE-1"], "fix_versions": ["1.1", "2.0"]}],
}
UNKNOWN = {"name": "duckdb", "skip_reason": "Dependency not found on PyPI and could not be audited: duckdb (1.5.5)"}


def accept(id: str, until: str) -> list[dict[str, Any]]:
    return [{"id": id, "reason": "never called", "until": dt.date.fromisoformat(until)}]


@pytest.mark.parametrize(
    ("packages", "accepted", "code", "said"),
    [
        ([CLEAN], [], 0, ["audited: no vulnerability is known that is not accepted, in 1 packages"]),
        ([CLEAN, BAD], [], 1, ["VULNERABLE: urllib3 1.0: PYSEC-1, fixed in 1.1, 2.0"]),
        (
            [BAD],
            accept("CVE-1", "2026-11-22"),
            0,
            [
                "accepted: never called: urllib3 1.0: PYSEC-1, fixed in 1.1, 2.0",
                "audited: no vulnerability is known that is not accepted, in 1 packages",
            ],
        ),
        (
            [BAD],
            accept("PYSEC-1", "2026-11-21"),
            1,
            [
                "VULNERABLE: urllib3 1.0: PYSEC-1, fixed in 1.1, 2.0",
                "the acceptance of PYSEC-1 ended on 2026-11-21",
            ],
        ),
        ([UNKNOWN, UNKNOWN], [], 0, ["NOT AUDITED: no advisory service reached; 2 packages, of which it knows none"]),
        ([], [], 0, ["NOT AUDITED: no advisory service reached; 0 packages, of which it knows none"]),
        (
            [CLEAN, UNKNOWN],
            [],
            0,
            [
                "NOT AUDITED, unknown to the advisory service: duckdb",
                "audited: no vulnerability is known that is not accepted, in 1 packages",
            ],
        ),
    ],
)
def test_what_an_audit_comes_to(
    packages: list[dict[str, Any]], accepted: list[dict[str, Any]], code: int, said: list[str]
) -> None:
    assert judge({"dependencies": packages, "fixes": []}, accepted, TODAY) == (code, said)


@pytest.mark.parametrize(
    ("out", "err", "code", "said"),
    [
        (json.dumps({"dependencies": [CLEAN]}), "No known vulnerabilities found", 0, "audited: no vulnerability"),
        (json.dumps({"dependencies": [BAD]}), "Found 1 known vulnerability", 1, "VULNERABLE: urllib3"),
        ("", "ERROR: Could not connect to PyPI: Connection refused", 0, "NOT AUDITED: no advisory service reached"),
        ("", "ERROR: 503 Server Error: unavailable for url", 0, "NOT AUDITED: no advisory service reached"),
        ("", "ERROR: Invalid requirement in dev.txt, line 512", 1, "pip-audit failed:\nERROR: Invalid requirement"),
    ],
)
def test_audit_goes_by_what_its_tool_says(tmp_path: Path, out: str, err: str, code: int, said: str) -> None:
    tool = tmp_path / "pip-audit"
    tool.write_text(f"#!{sys.executable}\nimport sys\nprint({out!r})\nprint({err!r}, file=sys.stderr)\nsys.exit(1)\n")
    tool.chmod(0o755)
    command = [sys.executable, str(CI / "audit.py"), str(tool), "dev.txt"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.startswith(said)) == (code, True), done


def test_every_lock_of_the_project_is_hashed_and_names_no_registry() -> None:
    found = sorted((PROJECT_ROOT / "requirements").rglob("*.txt"))
    of_ours = [lock.stem for lock in found if lock.parent.name == "requirements"]
    assert of_ours == ["audit", "bench", "dev", "lake", "run", "s3", "spark", "uv"]
    assert [lock.with_suffix(".in").is_file() for lock in found if lock.parent.name == "clients"] == [True] * 5
    assert [problem for lock in found for problem in problems(lock.name, lock.read_text(encoding="utf-8"))] == []
    node = PROJECT_ROOT / "tests" / "clients" / "node" / "package-lock.json"
    assert list(problems_of_npm(node.name, node.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"a==1 \\\n    {HASH}\nb==2 ; python_version < '3.12' \\\n    {HASH} \\\n    {HASH}\n    # via a\n", []),
        (f"a==1\nb==2 \\\n    {HASH}\n", ["x: a==1 has no hash"]),
        (f"a==1 \\\n    {HASH}\nb==2\n", ["x: b==2 has no hash"]),
        (f"a>=1 \\\n    {HASH}\n", ["x: expected a package pinned with ==, found a>=1"]),
        ("--index-url https://registry.example/simple\n", 2),
        ("--extra-index-url=https://registry.example/simple\n", 2),
        (f"a @ https://registry.example/a.whl \\\n    {HASH}\n", 1),
        ("-e .\n", 2),
    ],
)
def test_what_does_not_belong_in_a_lock_is_named(text: str, found: list[str] | int) -> None:
    named = list(problems("x", text))
    assert (len(named) if isinstance(found, int) else named) == found


def test_what_does_not_belong_in_a_lock_of_npm_is_named() -> None:
    address = "https://registry.example/b.tgz"
    packages = {
        "": {"name": "ours"},
        "node_modules/a": {"version": "1", "integrity": "sha512-x"},
        "node_modules/b": {"version": "1", "integrity": "sha512-x", "resolved": address},
        "node_modules/c": {"version": "1"},
    }
    assert list(problems_of_npm("x", json.dumps({"packages": packages}))) == [
        f"x: expected no address, found node_modules/b with {address}",
        "x: node_modules/c has no hash",
    ]


def test_the_extra_of_the_lake_is_what_its_lock_is_made_of() -> None:
    extra = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = (PROJECT_ROOT / "requirements" / "lake.in").read_text(encoding="utf-8").splitlines()
    assert extra["optional-dependencies"]["lake"] == [line for line in listed if not line.startswith("#")]
