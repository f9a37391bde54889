"""What dbt's data tests found, as rows of `mart_quality`.

A test is a row, but for the generic test `is_sound`: dbt runs one query for all that is asked of a table
(`dbt_project/tests/generic/is_sound.sql`), and here it becomes what people read: a row for each key, column, reference
and rule.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.engine import QueryError, engine

FAILING_ROWS_SHOWN = 5
IS_SOUND = "is_sound"
_SUCH_AS = "__such_as"  # column of its result that holds an example of what breaks the statement before it
_REF = re.compile(r"\bref\('(\w+)'\)")


@dataclass(frozen=True)
class Statement:
    """One of the things that `is_sound` asks; `counts` are the columns of its result that count what breaks it."""

    name: str
    column: str
    expected: str
    counts: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """What a failed test returned, as text; of `is_sound` also how many break each statement, and one of them."""

    rows: str = ""
    broken: Mapping[str, tuple[int, str]] | None = None


def dbt_checks(run_results: Mapping[str, Any], manifest: Mapping[str, Any], build_db: Path) -> list[dict[str, Any]]:
    """dbt tests as rows of `mart_quality`; those of what was not built again are of the run that built it."""
    from expectations.model import CheckResult

    rows = []
    for result in run_results["results"]:
        node = manifest["nodes"].get(result["unique_id"]) or manifest["unit_tests"].get(result["unique_id"])
        if node is None or node["resource_type"] not in ("test", "unit_test"):
            continue
        ended = result["timing"][-1]["completed_at"] if result["timing"] else run_results["metadata"]["generated_at"]
        finished = dt.datetime.fromisoformat(ended.replace("Z", "+00:00"))
        rows += [CheckResult(**check, checked_at=finished).to_dict() for check in _checks(result, node, build_db)]
    return rows


def failing_rows(build_db: Path, result: Mapping[str, Any]) -> str:
    """First rows that a failed dbt test returns, as text: `column=value, …; …`. '' for what is not a failed test.

    Of `is_sound` the statements that are broken: `statement: 3, such as …; …`.
    """
    return _evidence(build_db, result).rows


def statements(arguments: Mapping[str, Any]) -> Iterator[Statement]:
    """What an `is_sound` with these arguments asks."""
    for name, columns in arguments.get("keys", {}).items():
        yield Statement(name, ", ".join(columns), f"no two rows share {', '.join(columns)}", (name,))
    if complete := arguments.get("complete"):
        missing = tuple(f"{column}_is_missing" for column in complete)
        yield Statement("is_complete", "", f"never NULL: {', '.join(complete)}", missing)
    for column, known in arguments.get("values", {}).items():
        name = f"{column}_is_known"
        yield Statement(name, column, f"one of {', '.join(map(str, known))}", (name,))
    for column, parent in arguments.get("references", {}).items():
        table = _REF.sub(r"\1", parent["to"])
        name = f"{column}_is_in_{table}"
        yield Statement(name, column, f"is in {table}.{parent['field']}", (name,))
    for name, condition in arguments.get("holds", {}).items():
        yield Statement(name, "", condition, (name,))


def _checks(result: Mapping[str, Any], node: Mapping[str, Any], build_db: Path) -> Iterator[dict[str, Any]]:
    """The fields of each row that a test becomes, but for when it was run."""
    tested = node.get("attached_node") or (node.get("depends_on", {}).get("nodes") or [""])[0]
    passed = result["status"] in ("pass", "success")
    evidence = _evidence(build_db, result)
    whole = {
        "check_id": result["unique_id"],
        "kind": "dbt_test",
        "dataset": "",
        "table_name": tested.rsplit(".", 1)[-1],
        "column_name": node.get("column_name") or "",
        "check_name": node["name"],
        "severity": str(node["config"].get("severity", "error")).lower(),
        "passed": passed,
        "expected": node.get("description") or _declared(node) or "no rows returned by the test",
        "found": "as expected" if passed else (result.get("message") or f"{result.get('failures')} rows"),
        "sample_failing": evidence.rows,
        "release_id": "",
    }
    metadata = node.get("test_metadata") or {}
    if metadata.get("name") != IS_SOUND:
        yield whole
        return
    for statement in statements(metadata["kwargs"]):
        yield whole | _of_statement(statement, whole, evidence.broken)


def _of_statement(
    statement: Statement, whole: Mapping[str, Any], broken: Mapping[str, tuple[int, str]] | None
) -> dict[str, Any]:
    """What the row of a statement has of its own. All are failed where a failed test cannot be asked which are."""
    own = {
        "check_id": f"{whole['check_id']}.{statement.name}",
        "check_name": f"{whole['table_name']}_{statement.name}",
        "column_name": statement.column,
        "expected": statement.expected,
    }
    if whole["passed"] or broken is None:
        return own
    found = {name: broken[name] for name in statement.counts if name in broken}
    if not found:
        return own | {"passed": True, "found": "as expected", "sample_failing": ""}
    return own | {
        "found": ", ".join(f"{name}: {count:,}" for name, (count, _) in found.items()),
        "sample_failing": "; ".join(example for _, example in found.values()),
    }


def _evidence(build_db: Path, result: Mapping[str, Any]) -> Evidence:
    if result["status"] not in ("fail", "warn") or not result.get("compiled_code"):
        return Evidence()
    query = f"select * from ({result['compiled_code']}) as failing limit {FAILING_ROWS_SHOWN}"
    try:
        columns, rows = engine().rows(build_db, query)
    except QueryError as error:  # the failure itself must still be told
        return Evidence(f"its rows cannot be shown: {str(error).splitlines()[0]}")
    if rows and any(column.endswith(_SUCH_AS) for column in columns):
        broken = _broken(columns, rows[0])
        return Evidence("; ".join(f"{name}: {n:,}, such as {example}" for name, (n, example) in broken.items()), broken)
    return Evidence("; ".join(", ".join(f"{c}={value}" for c, value in zip(columns, row, strict=True)) for row in rows))


def _broken(columns: Sequence[str], row: Sequence[Any]) -> dict[str, tuple[int, str]]:
    found = dict(zip(columns, row, strict=True))
    counts = {name: count for name, count in found.items() if not name.endswith(_SUCH_AS) and count}
    return {name: (count, str(found[name + _SUCH_AS])) for name, count in counts.items()}


def _declared(node: Mapping[str, Any]) -> str:
    """What a generic test asks for: `keeps_answers: same_origin True`."""
    metadata = node.get("test_metadata") or {}
    asked = {name: value for name, value in metadata.get("kwargs", {}).items() if name not in ("model", "column_name")}
    return f"{metadata['name']}: {', '.join(f'{name} {value}' for name, value in asked.items())}" if asked else ""
