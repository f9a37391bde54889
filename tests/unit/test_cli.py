"""The command line: exit codes, messages, and that asking for help loads nothing heavy."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import duckdb
import pytest
from click.testing import CliRunner, Result

from orchestration import cli, profile
from orchestration.home import PROJECT_ROOT, Home
from orchestration.publish import BUILD_COLUMNS
from tests.programs import python

HEAVY = ("dagster", "dagster_dbt", "dbt", "duckdb", "great_expectations", "pandas", "pyarrow", "requests")
COMMANDS = {
    "run",
    "refresh",
    "rollback",
    "coverage",
    "freshness",
    "claims",
    "drift",
    "diff",
    "trace",
    "doctor",
    "returns",
    "show",
    "sql",
    "completion",
    "ui",
}
# They write files, take a terminal over or print a script: there is nothing to report.
NO_REPORTS = {"ui", "completion", "returns template"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home that every command of the test works in."""
    monkeypatch.setenv("OUTCOMES_HOME", str(tmp_path / "home"))
    return Home.from_environment()


def outcomes(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, arguments)


# --- usage ------------------------------------------------------------------------------------------------


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from orchestration.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as end: assert not end.code\n"
        f"print('loaded:', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = python(script)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded: []"
    assert all(f"  {command} " in done.stdout for command in COMMANDS)


def every_command(group: click.Group = cli.main, above: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


def test_every_command_explains_itself() -> None:
    assert set(cli.main.commands) >= COMMANDS
    for name, command in every_command():
        assert (command.help or "").strip(), name


def test_every_command_that_reports_does_so_for_programs_too() -> None:
    without = {
        name for name, command in every_command() if not any("--json" in option.opts for option in command.params)
    }
    assert without == NO_REPORTS


def test_quiet_is_there_where_progress_is_told() -> None:
    quiet = {name for name, command in every_command() if any("--quiet" in option.opts for option in command.params)}
    assert quiet == {"run", "refresh", "doctor", "lake refresh"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["publish"], "No such command 'publish'"),
        (["run", "--form", "sample"], "No such option"),
        (["run", "--from", "internet"], "--from"),
        (["run", "--from", "mirror:"], "--from"),
        (["run", "--from", "mirror:/no/such/folder"], "/no/such/folder"),
        (["run", "--as-of", "2026-01-13"], "add --from landed"),
        (["run", "--from", "landed", "--as-of", "13/01/2026"], "does not match the format"),
        (["run", "--from", "landed", "--as-of", "2999-01-01"], "still to come"),
        (["refresh", "--from", "sample"], "No such option"),
        (["doctor", "--dataset", "no_such_dataset"], "no dataset no_such_dataset in the catalogue"),
        (["rollback", "one", "two"], "unexpected extra argument"),
        (["ui", "--port", "many"], "'many' is not a valid integer"),
    ],
)
def test_usage_errors_end_with_2_before_anything_is_done(home: Home, arguments: list[str], told: str) -> None:
    result = outcomes(*arguments)
    assert result.exit_code == 2
    assert told in result.output
    assert not home.root.exists()


def test_wrong_place_is_told_before_anything_is_done(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTCOMES_PLACE", "/no/such/place.yml")
    result = outcomes("run")
    assert result.exit_code == 2
    assert "/no/such/place.yml" in " ".join(result.output.split())
    assert not home.root.exists()


# --- questions to the mart --------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["coverage", "freshness"])
def test_questions_before_the_first_build_are_answered_plainly(home: Home, command: str) -> None:
    result = outcomes(command)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert f"nothing is published in {home.published}: run `outcomes run` first" in result.stderr


@pytest.fixture
def mart(home: Home) -> Home:
    """A published mart of one measure and one dataset."""
    home.published.mkdir(parents=True)
    with duckdb.connect(home.mart) as con:
        con.execute("create schema mart")
        con.execute("create table mart.build as select 'build-7' as build_id")
        con.execute(
            """
            create table mart.mart_measure_coverage as
            select
                'Places' as theme, 'Housing' as outcome, id as measure_id, name as measure_name, status, indicator_id,
                'total' as breakdown, 'E47000004' as area_code, period as newest_period, 10 as age_days,
                latest as latest_value, 'count' as unit, reason, would_answer, id as sort_order
            from (values
                ('1a', 'Homes', 'answered', 'housing_completions', '2024-04-01/P1Y', 1234.567::double, 'By X', null),
                ('3a', 'Jobs in centres', 'awaiting_source', null, null, null, 'Not loaded.', 'A release of X')
            ) as measures(id, name, status, indicator_id, period, latest, reason, would_answer)
            """
        )
        con.execute("create table mart.dim_period as select '2024-04-01/P1Y' as time_period, '2024-25' as period_label")
        con.execute("create table mart.dim_indicator as select 'housing_completions' as indicator_id, 1 as decimals")
        con.execute("create table mart.mart_freshness as select 'd' as dataset, date '2026-01-02' as release_date")
        con.execute(
            "create table mart.mart_indicator_freshness as select 'i' as indicator_id, 'd' as dataset, 7 as age_days"
        )
        con.execute(
            "create table mart.mart_drift as select date '2026-01-02' as published_at, 'd' as dataset, '' as part, "
            "'t' as table_name, "
            "'r2' as release_id, 'r1' as compared_with, 'unit in header' as what, 'meaningful' as severity, "
            "'refused' as state, 'kt' as expected, 'Mt' as found, 'd.yml:7' as place"
        )
    return home


def test_coverage_names_the_part_that_stands_for_a_measure(mart: Home) -> None:
    with duckdb.connect(mart.mart) as con:
        con.execute("update mart.mart_measure_coverage set breakdown = 'city=birmingham'")
    assert "(housing_completions, city=birmingham, E47000004)" in outcomes("coverage").stdout


@pytest.mark.usefixtures("mart")
def test_coverage_is_told_by_theme() -> None:
    blank, theme, outcome, answered, value, waiting, reason = outcomes("coverage").stdout.splitlines()
    assert (blank, theme, outcome.strip()) == ("", "Places: 1 of 2 answered", "Housing")
    assert answered.split() == ["1a", "answered", "Homes"]
    assert value.strip() == "1,234.6 count, 2024-25 (housing_completions, E47000004)"
    assert waiting.split()[:2] == ["3a", "awaiting_source"]
    assert reason.strip() == "Not loaded. Would answer: A release of X"


@pytest.mark.usefixtures("mart")
def test_questions_are_tables_for_people_and_json_for_programs() -> None:
    found = json.loads(outcomes("coverage", "--json").stdout)
    assert (found["command"], found["build_id"]) == ("coverage", "build-7")
    first, second = found["rows"]
    assert (first["measure_id"], first["latest_value"]) == ("1a", 1234.567)
    assert (second["status"], second["indicator_id"]) == ("awaiting_source", None)
    assert outcomes("freshness").stdout.splitlines() == ["dataset  release_date", "d        2026-01-02"]
    assert json.loads(outcomes("freshness", "--json").stdout) == {
        "command": "freshness",
        "build_id": "build-7",
        "rows": [{"dataset": "d", "release_date": "2026-01-02"}],
    }


@pytest.mark.usefixtures("mart")
def test_freshness_of_indicators_and_drift_of_releases_are_told() -> None:
    header, row = outcomes("freshness", "--indicators").stdout.splitlines()
    assert (header.split(), row.split()) == (["indicator_id", "dataset", "age_days"], ["i", "d", "7"])
    assert outcomes("drift").stdout.splitlines() == ["2026-01-02 d: refused", "    unit in header: kt -> Mt (d.yml:7)"]
    (told,) = json.loads(outcomes("drift", "--json").stdout)["rows"]
    assert (told["release_id"], told["severity"]) == ("r2", "meaningful")


def test_rollback_without_builds_says_so(home: Home) -> None:
    result = outcomes("rollback")
    assert result.exit_code == 1
    assert result.stderr == "outcomes: no earlier build to go back to; kept: none\n"
    assert not home.mart.exists()


def test_commands_that_write_are_refused_while_a_run_writes(home: Home) -> None:
    with home.lock():
        for arguments in (["run"], ["refresh"], ["rollback"]):
            result = outcomes(*arguments)
            assert result.exit_code == 1
            assert f"another run is writing to {home.root} (process {os.getpid()})" in result.stderr
            assert result.stdout == ""


# --- what a run came to -----------------------------------------------------------------------------------


@pytest.fixture
def job(home: Home, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A stand-in for the job: what it was asked, why it fails (None: it does not), what the summary says."""
    del home
    came_to: dict[str, Any] = {"asked": [], "failure": None, "summary": summary()}

    def execute(home: Home, origin: str, *, full_refresh: bool) -> str | None:
        came_to["asked"].append((home.root, origin))
        came_to["full_refresh"] = full_refresh
        return came_to["failure"]

    monkeypatch.setattr(cli, "_execute", execute)
    monkeypatch.setattr(cli, "summarise", lambda home, seconds: came_to["summary"])
    return came_to


def test_everything_is_built_again_only_where_that_is_asked_for(job: dict[str, Any]) -> None:
    outcomes("run")
    assert job["full_refresh"] is False
    outcomes("run", "--full-refresh")
    assert job["full_refresh"] is True


def test_profile_says_where_the_time_went(home: Home, job: dict[str, Any]) -> None:
    del job
    profile.add(profile.PUBLISH, 2.0)
    profile.keep(home.profiles, "0123456789", home.dbt_results)
    assert "where the time went" not in outcomes("run").stdout
    told = outcomes("run", "--profile").stdout
    assert re.search(rf"{profile.PUBLISH} +2\.0 +\d+%", told)
    asked = json.loads(outcomes("run", "--profile", "--json").stdout)
    assert asked["profile"]["phases"][profile.PUBLISH] == 2.0


def summary(**changes: Any) -> dict[str, Any]:
    build = dict.fromkeys(BUILD_COLUMNS, 0) | {
        "build_id": "build-7",
        "built_from": "mirror:/files",
        "published_rows": 20_000,
        "illustrative_rows": 0,
        "checks_passed": 500,
    }
    return {
        "build": build,
        "scorecard": "/somewhere/published/scorecard.html",
        "mart": "/somewhere/published/outcomes.duckdb",
        "parquet": "/somewhere/published/current/parquet",
        "csv": "/somewhere/published/current/csv",
        "results": "/somewhere/published/current/results.json",
        "data_docs": "/somewhere/published/current/data_docs/index.html",
        "measures": {"answered": 24, "awaiting_source": 64},
        "not_fresh": [],
        "degraded": False,
        "seconds": 12.3,
        **changes,
    }


@pytest.mark.parametrize(
    ("failure", "degraded", "code"), [(None, False, 0), (None, True, 3), ("publish: 2 failed checks", False, 1)]
)
def test_exit_code_says_what_a_run_came_to(job: dict[str, Any], failure: str | None, degraded: bool, code: int) -> None:
    job |= {"failure": failure, "summary": summary(degraded=degraded)}
    result = outcomes("run", "--from", "sample", "--quiet")
    assert result.exit_code == code
    assert ("DEGRADED" in result.stdout) == degraded
    if failure is not None:
        assert result.stdout == ""
        assert failure in result.stderr
        assert "what was published before stays as it is" in result.stderr


def test_sample_is_the_default_and_refresh_is_live(job: dict[str, Any], home: Home, tmp_path: Path) -> None:
    for arguments in (["run"], ["refresh"], ["run", "--from", f"mirror:{tmp_path}"], ["run", "--from", "landed"]):
        assert outcomes(*arguments, "--quiet").exit_code == 0
    assert job["asked"] == [(home.root, origin) for origin in ("sample", "live", f"mirror:{tmp_path}", "landed")]


def test_summary_for_people_names_places_and_counts(job: dict[str, Any]) -> None:
    job["summary"] = summary(
        not_fresh=[{"dataset": "d", "status": "stale", "message": "HTTP 500 | HTTP 500"}], degraded=True
    )
    told = outcomes("run", "--quiet").stdout
    for part in ("outcomes.duckdb", "/parquet", "results.json", "index.html", "build-7 from mirror:/files"):
        assert part in told
    assert "24 of 88 answered" in told
    assert "500 passed" in told
    assert "HTTP 500" in told
    assert "SAMPLE" not in told


def test_summary_says_when_figures_are_invented(job: dict[str, Any]) -> None:
    job["summary"]["build"] |= {"illustrative_rows": 887}
    told = outcomes("run", "--quiet").stdout
    assert "20,000 of 20,887 rows are published figures, 887 illustrative" in told
    assert "illustrative figures are invented" in told


def test_summary_for_programs_is_json_and_nothing_else(job: dict[str, Any]) -> None:
    result = outcomes("run", "--json")
    found = json.loads(result.stdout)
    assert (found.pop("command"), found.pop("build_id"), found.pop("rows")) == ("run", "build-7", [])
    assert found == {name: part for name, part in job["summary"].items() if name != "not_fresh"}
    assert result.stderr == ""


def test_ui_takes_over_with_the_history_of_this_home(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    taken_over: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, arguments: taken_over.append(arguments))
    monkeypatch.chdir(PROJECT_ROOT)
    monkeypatch.setenv("DAGSTER_HOME", "")  # so that it is as before afterwards
    monkeypatch.delenv("DAGSTER_HOME")
    monkeypatch.setenv("OUTCOMES_DAGSTER_STORAGE", "somewhere else")
    result = outcomes("ui", "--port", "3999")
    assert result.exit_code == 0, result.output
    ((_, *arguments),) = taken_over
    assert arguments == ["dev", "-m", "orchestration.definitions", "-h", "127.0.0.1", "-p", "3999"]
    assert os.environ["DAGSTER_HOME"] == str(PROJECT_ROOT)
    assert os.environ["OUTCOMES_DAGSTER_STORAGE"] == str(home.dagster_storage)
    assert home.dagster_storage.is_dir()


@pytest.mark.fault("reader", "the published file is damaged")
def test_damaged_mart_is_told_in_one_line(home: Home, ended: Callable[[str], None]) -> None:
    home.published.mkdir(parents=True)
    home.mart.write_bytes(b"no database, whatever its name says")
    for command in (("freshness",), ("coverage",), ("diff", str(home.mart))):
        told = outcomes(*command)
        assert told.exit_code == 1
        assert told.stderr.startswith("outcomes: the mart cannot be read: ")
        assert "`outcomes run` and `outcomes rollback` put a damaged published file aside" in told.stderr
        assert len(told.stderr.splitlines()) == 1
    ended(f"exit code 1: {told.stderr}")
