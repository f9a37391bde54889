"""Words shared by contracts, gate and runner: rule, suite, result. Imports nothing heavy."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Severity = Literal["error", "warn"]
Kind = Literal["contract", "release_gate", "refused"]

# Raw columns are text. A rule on numbers names "<column> as number"; the runner makes that column by reading
# the text, and text that is no number (a publisher's marker such as `[x]`) becomes empty there.
NUMBER_SUFFIX = " as number"


def as_number(column: str) -> str:
    """Name under which a rule refers to the numbers in a text column."""
    return column + NUMBER_SUFFIX


def plain_column(column: str) -> str:
    """Column of the table that a rule's column stands for."""
    return column.removesuffix(NUMBER_SUFFIX)


@dataclass(frozen=True)
class Rule:
    """One expectation: its Great Expectations type in snake case, and the arguments it is called with.

    `name` is short, stable and unique in its suite: results of different nights are compared by it.
    """

    expectation: str
    kwargs: dict[str, Any]
    severity: Severity
    name: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that must be there before the rule can be judged, numeric ones under their rule name."""
        if "column" in self.kwargs:
            return (str(self.kwargs["column"]),)
        return tuple(self.kwargs.get("column_list", ()))


@dataclass(frozen=True)
class Suite:
    """Rules for one table."""

    name: str
    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        repeated = [name for name, count in Counter(rule.name for rule in self.rules).items() if count > 1]
        if repeated:
            raise ValueError(f"suite {self.name}: rule names must be unique, repeated: {', '.join(repeated)}")


@dataclass(frozen=True)
class CheckResult:
    """Outcome of one rule on one table, as `mart.mart_quality` lists it.

    `expected` and `found` are sentences for people; `sample_failing` holds at most five failing values.
    `release_id` is '' for a check of the whole build. `checked_at` is UTC.
    """

    check_id: str
    kind: Kind
    dataset: str
    table_name: str
    column_name: str
    check_name: str
    severity: Severity
    passed: bool
    expected: str
    found: str
    sample_failing: str
    release_id: str
    checked_at: datetime

    @property
    def blocks(self) -> bool:
        """A failed check of error severity stops what comes after it."""
        return not self.passed and self.severity == "error"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; `checked_at` in ISO 8601 with offset."""
        return {**asdict(self), "checked_at": self.checked_at.isoformat()}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> CheckResult:
        checked_at = datetime.fromisoformat(stored["checked_at"]).astimezone(UTC)
        return cls(**{**stored, "checked_at": checked_at})


@dataclass(frozen=True)
class CheckedSuite:
    """Results of one suite on one table, and the JSON document that Data Docs are made of.

    The document holds the results too (key `results`), so that storing it alone is enough.
    """

    results: list[CheckResult]
    document: dict[str, Any]

    @property
    def passed(self) -> bool:
        """No rule of error severity failed."""
        return not any(result.blocks for result in self.results)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> CheckedSuite:
        """What an earlier run stored."""
        return cls([CheckResult.from_dict(result) for result in document["results"]], document)
