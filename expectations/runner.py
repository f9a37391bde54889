"""Validates data frames against suites with Great Expectations, on pandas only.

Importing Great Expectations takes seconds, so it happens when the first suite is checked. The context lives
in memory: nothing is read from or written to a project folder, no analytics, no progress bars.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations import wording
from expectations.model import (
    NUMBER_SUFFIX,
    CheckedSuite,
    CheckResult,
    Kind,
    Rule,
    Suite,
    plain_column,
)
from expectations.pieces import Judged, Pieces, Table, judge_pieces

if TYPE_CHECKING:
    import pandas

ROW_NUMBER = "_row_number"  # provenance column: the row as a spreadsheet shows it

_SEVERITY = {"error": "critical", "warn": "warning"}  # in Great Expectations' words
_IMPORTING = threading.Lock()
_NO_EXCEPTION = {"raised_exception": False, "exception_message": None, "exception_traceback": None}


def import_great_expectations() -> Any:
    """The package, with analytics off before its first line runs (it reads the variable while importing).

    It would import pyspark where that is installed, which takes longer and warns of this pandas. And it would hash
    every cell of a frame below a size, twice, for a mark that nobody reads: a third of the time of a large file.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    with _IMPORTING, _as_if_not_installed("pyspark"):
        import great_expectations
        from great_expectations.execution_engine import pandas_execution_engine

    pandas_execution_engine.HASH_THRESHOLD = 0
    return great_expectations


@cache
def expectations_code() -> str:
    """Hash of all that makes verdicts and their pages: this package, and the version of Great Expectations."""
    digest = hashlib.sha256(version("great_expectations").encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _as_if_not_installed(package: str) -> Iterator[None]:
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]


@dataclass(frozen=True)
class _Subject:
    """What was checked, and when (UTC)."""

    kind: Kind
    dataset: str
    table_name: str
    release_id: str
    checked_at: datetime


class Runner:
    """Checks many suites with one in-memory context.

    Great Expectations keeps global state: the checks of a runner take turns under a lock, and a process needs
    one runner only.
    """

    def __init__(self) -> None:
        self._tables: Any = None
        self._lock = threading.Lock()

    def check(
        self,
        suite: Suite,
        frame: pandas.DataFrame,
        *,
        kind: Kind,
        dataset: str,
        table_name: str,
        release_id: str = "",
        row_label: str = ROW_NUMBER,
    ) -> CheckedSuite:
        """Results of every rule, in the suite's order, and the document for Data Docs.

        `row_label` is the column by which failing rows are named, where the frame has it.

        Text is trimmed and empty text is missing, as in staging. A rule whose column is not there fails, with
        those words; it is not an error.
        """
        judged = self._judge(suite.name, suite.rules, _prepared(suite.rules, frame), row_label)
        subject = _Subject(kind, dataset, table_name, release_id, datetime.now(UTC))
        return _told(subject, suite, judged, row_label)

    def check_pieces(
        self,
        suite: Suite,
        pieces: Pieces,
        *,
        kind: Kind,
        dataset: str,
        table_name: str,
        release_id: str = "",
        row_label: str = ROW_NUMBER,
    ) -> CheckedSuite:
        """The same of a table that comes in pieces (`expectations.pieces.Table`), one of them in memory at a time."""
        judge = partial(self._judge, suite.name, row_label=row_label)
        judged = judge_pieces(suite.rules, Table(pieces, _prepared, judge, row_label))
        subject = _Subject(kind, dataset, table_name, release_id, datetime.now(UTC))
        return _told(subject, suite, judged, row_label)

    def build_docs(self, documents: list[dict[str, Any]], target: Path) -> Path:
        """Data Docs of the given documents, whichever run made them; returns the path of `index.html`."""
        from expectations.data_docs import build_docs

        return build_docs(documents, target)

    def _judge(self, name: str, rules: Sequence[Rule], frame: pandas.DataFrame, row_label: str) -> dict[str, Judged]:
        """What Great Expectations says of a prepared frame, by rule name."""
        absent = {rule.name: _absent(rule, frame) for rule in rules}
        with self._lock:
            found = self._outcomes(name, [rule for rule in rules if not absent[rule.name]], frame)
        judged = {}
        for rule in rules:
            gone = absent[rule.name]
            outcome = _not_judged(rule, _not_there(gone)) if gone else _ordered(found[rule.name])
            detail = outcome["result"]
            texts = None if outcome["success"] else _texts_for_numbers(rule, frame)
            judged[rule.name] = Judged(outcome, _labels(detail, frame, row_label), texts)
        return judged

    def _outcomes(self, name: str, rules: list[Rule], frame: pandas.DataFrame) -> dict[str, dict[str, Any]]:
        """Great Expectations' own results, as JSON, by rule name.

        Which rows do not fit takes as long to ask as whether there are any: it is asked where there are.
        """
        found = self._validate(name, rules, frame, "BASIC")
        unfit = [rule for rule in rules if found[rule.name]["result"].get("unexpected_count")]
        for outcome in found.values():
            if "partial_unexpected_list" in outcome["result"]:
                outcome["result"]["partial_unexpected_counts"] = []
        return found | (self._validate(name, unfit, frame, "SUMMARY") if unfit else {})

    def _validate(
        self, name: str, rules: list[Rule], frame: pandas.DataFrame, result_format: str
    ) -> dict[str, dict[str, Any]]:
        tables = self._ready_tables()
        from great_expectations.core.expectation_suite import ExpectationSuite
        from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
        from great_expectations.expectations.metadata_types import FailureSeverity

        suite = ExpectationSuite(
            name=name,
            expectations=[
                ExpectationConfiguration(
                    type=rule.expectation,
                    kwargs=dict(rule.kwargs),
                    severity=FailureSeverity(_SEVERITY[rule.severity]),
                    meta={"name": rule.name},
                )
                for rule in rules
            ],
        )
        try:
            with warnings.catch_warnings():
                # pandas on patterns with groups, which a catalogue may use
                warnings.filterwarnings("ignore", "This pattern is interpreted", UserWarning)
                result = tables.get_batch({"dataframe": frame}).validate(
                    suite,
                    result_format={
                        "result_format": result_format,
                        "partial_unexpected_count": wording.SAMPLE_SIZE,
                    },
                )
        finally:
            held = tables.data_asset.datasource.get_execution_engine().batch_manager  # it would hold on to the frame
            held.reset_batch_cache()
            held.batch_data_cache.clear()
        return {outcome["expectation_config"]["meta"]["name"]: outcome for outcome in result.to_json_dict()["results"]}

    def _ready_tables(self) -> Any:
        """The batch definition of any table. One for all: the context would write itself down for each more of them."""
        if self._tables is None:
            gx = import_great_expectations()
            from great_expectations.data_context.types.base import (
                DataContextConfig,
                InMemoryStoreBackendDefaults,
                ProgressBarsConfig,
            )

            settings = DataContextConfig(
                store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
                analytics_enabled=False,
                progress_bars=ProgressBarsConfig(globally=False),
            )
            context = gx.get_context(mode="ephemeral", project_config=settings)
            asset = context.data_sources.add_pandas("tables").add_dataframe_asset("table")
            self._tables = asset.add_batch_definition_whole_dataframe("whole")
        return self._tables


def _prepared(rules: Sequence[Rule], frame: pandas.DataFrame) -> pandas.DataFrame:
    """The frame with judged columns trimmed, and a column of numbers where a rule asks for one."""
    import pandas as pd

    wanted = list(dict.fromkeys(column for rule in rules for column in rule.columns))
    made: dict[str, Any] = {}
    for name in dict.fromkeys(plain_column(column) for column in wanted):
        if name in frame.columns:
            made[name] = _trimmed(frame[name])
    for name in wanted:
        if name.endswith(NUMBER_SUFFIX) and plain_column(name) in made:
            text = made[plain_column(name)].astype("str").str.replace(",", "", regex=False)
            made[name] = pd.to_numeric(text, errors="coerce")
    return frame.reset_index(drop=True).assign(**{name: column.array for name, column in made.items()})


def _trimmed(column: pandas.Series[Any]) -> pandas.Series[Any]:
    import pandas as pd

    if not (pd.api.types.is_string_dtype(column.dtype) or column.isna().all()):
        return column
    text = column.astype("str").str.strip()
    return text.mask(text == "")


def _ordered(outcome: dict[str, Any]) -> dict[str, Any]:
    """Great Expectations lists members of sets in any order; columns of numbers are ours, not the table's."""
    detail = outcome["result"]
    if "partial_missing_list" in detail:
        detail["partial_missing_list"] = sorted(detail["partial_missing_list"])
    if outcome["expectation_config"]["type"] == "expect_table_columns_to_match_set":
        detail["observed_value"] = sorted(name for name in detail["observed_value"] if not name.endswith(NUMBER_SUFFIX))
        mismatched = detail.get("details", {}).get("mismatched", {})
        if "missing" in mismatched:
            wanted = outcome["expectation_config"]["kwargs"]["column_set"]
            mismatched["missing"] = sorted(mismatched["missing"], key=wanted.index)
    return outcome


def _absent(rule: Rule, frame: pandas.DataFrame) -> list[str]:
    return [plain_column(column) for column in rule.columns if column not in frame.columns]


def _not_there(columns: Sequence[str]) -> str:
    return f"column {', '.join(columns)} is not there"


def _not_judged(rule: Rule, message: str) -> dict[str, Any]:
    """A failed outcome in Great Expectations' form, for a rule that could not be evaluated."""
    return {
        "success": False,
        "expectation_config": {
            "type": rule.expectation,
            "kwargs": dict(rule.kwargs),
            "severity": _SEVERITY[rule.severity],
            "meta": {"name": rule.name},
        },
        "result": {},
        "meta": {},
        "exception_info": {
            "raised_exception": True,
            "exception_message": message,
            "exception_traceback": "",
        },
    }


def _exception(outcome: dict[str, Any]) -> str:
    """Message of what Great Expectations raised while it evaluated a rule, '' when nothing was raised.

    It gives either one record or one per metric.
    """
    info = outcome.get("exception_info") or {}
    records = [info] if "raised_exception" in info else list(info.values())
    messages = [record["exception_message"] for record in records if record.get("raised_exception")]
    return "; ".join(dict.fromkeys(str(message) for message in messages))


def _told(subject: _Subject, suite: Suite, judged: dict[str, Judged], row_label: str) -> CheckedSuite:
    """Results in the suite's order, and the document that says the same."""
    results = [_result(subject, rule, judged[rule.name], row_label) for rule in suite.rules]
    validation: dict[str, Any] = {
        "suite_name": suite.name,
        "suite_parameters": {},
        "results": [judged[rule.name].outcome for rule in suite.rules],
        "id": None,
    }
    _seal(validation, results, subject)
    document = {
        **asdict(subject),
        "checked_at": subject.checked_at.isoformat(),
        "results": [result.to_dict() for result in results],
        "validation": validation,
    }
    return CheckedSuite(results, document)


def _result(subject: _Subject, rule: Rule, judged: Judged, row_label: str) -> CheckResult:
    outcome = judged.outcome
    detail, passed = outcome["result"], bool(outcome["success"])
    message = _exception(outcome)
    values = wording.samples(detail) if judged.texts is None else judged.texts
    place = (subject.kind, subject.dataset, subject.table_name, rule.name, subject.release_id)
    return CheckResult(
        check_id="/".join(part for part in place if part),
        kind=subject.kind,
        dataset=subject.dataset,
        table_name=subject.table_name,
        column_name=", ".join(plain_column(column) for column in rule.columns),
        check_name=rule.name,
        severity=rule.severity,
        passed=passed,
        expected=wording.expected(rule),
        found=message or wording.found(rule, detail, _place(judged.labels, row_label)),
        sample_failing="" if passed else "; ".join(values),
        release_id=subject.release_id,
        checked_at=subject.checked_at,
    )


def _texts_for_numbers(rule: Rule, frame: pandas.DataFrame) -> tuple[str, ...] | None:
    """Of a column in which no cell is a number, the text that stands there instead; None for other rules."""
    column = str(rule.kwargs.get("column", ""))
    if rule.expectation != "expect_column_values_to_not_be_null" or not column.endswith(NUMBER_SUFFIX):
        return None
    if column not in frame.columns:
        return ()
    return tuple(str(text) for text in frame[plain_column(column)].dropna().unique()[: wording.SAMPLE_SIZE])


def _labels(detail: dict[str, Any], frame: pandas.DataFrame, row_label: str) -> tuple[Any, ...]:
    """Labels of the sampled failing rows; none where the table has no such column."""
    positions = detail.get("partial_unexpected_index_list") or []
    if not positions or row_label not in frame.columns:
        return ()
    return tuple(frame[row_label].iloc[positions[: wording.SAMPLE_SIZE]])


def _place(labels: Sequence[Any], row_label: str) -> str:
    """Where the sampled failing rows are, e.g. `rows 7, 8`; '' where the table does not say."""
    import pandas as pd

    names = list(dict.fromkeys(str(label) for label in labels if not pd.isna(label)))
    if not names:
        return ""
    word = "row" if row_label == ROW_NUMBER else row_label
    return f"{word}{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _seal(validation: dict[str, Any], results: list[CheckResult], subject: _Subject) -> None:
    """Make the stored validation say what was judged, and drop what only this process and machine mean."""
    for outcome, result in zip(validation["results"], results, strict=True):
        message = _exception(outcome)
        outcome["exception_info"] = (
            {"raised_exception": True, "exception_message": message, "exception_traceback": ""}
            if message
            else dict(_NO_EXCEPTION)
        )
        outcome["expectation_config"]["kwargs"].pop("batch_id", None)
        outcome["result"].pop("partial_unexpected_index_list", None)
        if "partial_missing_list" in outcome["result"]:
            outcome["result"]["observed_value"] = result.found
    passed = sum(result.passed for result in results)
    validation["success"] = passed == len(results)
    validation["statistics"] = {
        "evaluated_expectations": len(results),
        "successful_expectations": passed,
        "unsuccessful_expectations": len(results) - passed,
        "success_percent": 100 * passed / len(results) if results else None,
    }
    run = {"run_name": subject.release_id or "build", "run_time": subject.checked_at.isoformat()}
    validation["meta"] = {"great_expectations_version": version("great_expectations"), "run_id": run}
