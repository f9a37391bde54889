"""`outcomes`: the command line. It runs the same Dagster job as the UI and the schedule, and leaves run history.

Answers go to stdout, progress and errors to stderr. With `--json` stdout has one document of one shape
(`reports.as_json`) or, after an error, nothing.

Exit codes: 0 good · 3 degraded (published, but a source is stale or failed) · 1 failed (not published) · 2 usage.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import click

from orchestration import completion, profile, reports
from orchestration.ask import Row
from orchestration.dbt_standby import standing_by
from orchestration.failures import STOPPED
from orchestration.home import PROJECT_ROOT, Home, RunInProgressError
from orchestration.lake.commands import lake
from orchestration.memory import leave, made_to_stay
from orchestration.options import json_option, quiet_option
from orchestration.returns_commands import returns
from sources.disk import disk_trouble

GOOD, FAILED, DEGRADED = 0, 1, 3


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lcr-outcomes", prog_name="outcomes")
def main() -> None:
    """Outcome measures of a combined authority: fetch, check, build and publish the mart."""
    if os.environ.get("OUTCOMES_PLACE"):
        _check_place()


@main.command()
@click.option(
    "--from",
    "origin",
    default="sample",
    show_default=True,
    metavar="sample|live|mirror:DIR|landed",
    shell_complete=completion.origins,
    help="Where bytes come from.",
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="With --from landed: build the mart as it was known on that day, beside the served one.",
)
@click.option("--full-refresh", is_flag=True, help="Build every table again, also where nothing has changed.")
@click.option("--profile", "profiled", is_flag=True, help="Tell at the end where the time went.")
@quiet_option
@json_option
def run(origin: str, as_of: dt.datetime | None, full_refresh: bool, profiled: bool, quiet: bool, as_json: bool) -> None:
    """Run the main job once: fetch, land, build, check, publish."""
    day = as_of.date() if as_of else None
    if day and origin != "landed":
        raise click.BadParameter(
            "what was known is built from what has landed: add --from landed", param_hint="--as-of"
        )
    if day and day > dt.datetime.now(dt.UTC).date():
        raise click.BadParameter(f"{day} is still to come", param_hint="--as-of")
    sys.exit(_run(origin, as_of=day, full_refresh=full_refresh, profiled=profiled, quiet=quiet, as_json=as_json))


@main.command()
@quiet_option
@json_option
def refresh(quiet: bool, as_json: bool) -> None:
    """Run the main job from the live publishers (the same as `run --from live`)."""
    sys.exit(_run("live", quiet=quiet, as_json=as_json))


@main.command()
@click.argument("build_id", required=False, shell_complete=completion.builds)
@json_option
def rollback(build_id: str | None, as_json: bool) -> None:
    """Publish an earlier build again: BUILD_ID, or the one before the published one."""
    from orchestration.publish import PublishError, kept_builds
    from orchestration.publish import rollback as roll_back

    home = Home.from_environment()
    try:
        with home.lock():
            now = roll_back(home, build_id, say=lambda text: click.echo(text, err=True))
    except (PublishError, RunInProgressError, OSError) as error:
        _fail(disk_trouble(error, home.root) or str(error))
    kept = kept_builds(home)
    if as_json:
        click.echo(reports.as_json("rollback", ({"build_id": name, "published": name == now} for name in kept), now))
        return
    click.echo(f"published again: {now}")
    click.echo(f"kept builds: {', '.join(kept)}")


@main.command()
@click.argument("earlier", required=False, shell_complete=completion.builds_and_published)
@click.argument("later", default="published", shell_complete=completion.builds_and_published)
@json_option
def diff(earlier: str | None, later: str, as_json: bool) -> None:
    """What changed from build EARLIER to build LATER: periods, areas, values, metadata, measures.

    A build is a kept build's id, `published`, or the path of a mart file. Without any: from the build before the
    published one to the published one.
    """
    from orchestration.diff import UnknownBuildError, as_rows, build_before, build_file, compare, render

    home = Home.from_environment()
    try:
        with _told_if_damaged():
            earlier = earlier or build_before(home)
            files = build_file(home, earlier), build_file(home, later)
            changes = compare(*files)
            build_id = reports.ask(files[1], "select 1 where false").build_id
    except UnknownBuildError as error:
        _fail(str(error))
    if as_json:
        click.echo(reports.as_json("diff", as_rows(changes), build_id, earlier=earlier, later=later))
    else:
        click.echo("\n".join(render(changes)))


@main.command()
@json_option
def coverage(as_json: bool) -> None:
    """Every measure by theme: answered by what, or why not and what would answer it."""
    _report("coverage", reports.COVERAGE, reports.as_coverage, as_json=as_json)


@main.command()
@click.option("--indicators", is_flag=True, help="Every indicator in place of every dataset.")
@json_option
def freshness(indicators: bool, as_json: bool) -> None:
    """Every dataset: newest release, when the next is due, newest period, status of the last run."""
    query = reports.INDICATOR_FRESHNESS if indicators else reports.FRESHNESS
    _report("freshness", query, reports.as_freshness, as_json=as_json)


@main.command()
@json_option
def drift(as_json: bool) -> None:
    """Every release whose form differs from the one before it: what was absorbed, and what was refused and why."""
    _report("drift", reports.DRIFT, reports.as_drift, as_json=as_json)


@main.command()
@json_option
def claims(as_json: bool) -> None:
    """Every figure that the strategy documents state: reproduced, revised since, or why it cannot be told."""
    _report("claims", reports.CLAIMS, reports.as_table, as_json=as_json)


@main.command()
@click.argument("indicator", shell_complete=completion.indicators)
@click.argument("area", shell_complete=completion.areas)
@click.argument("period", default="newest", shell_complete=completion.periods)
@click.option(
    "--breakdown",
    default="total",
    show_default=True,
    metavar="NAME",
    help="As sex=male.",
    shell_complete=completion.breakdowns,
)
@json_option
def trace(indicator: str, area: str, period: str, breakdown: str, as_json: bool) -> None:
    """Where a number comes from: indicator, release, file, sheet and row; of an aggregate its members too.

    AREA is a code or a name, PERIOD a label or an ISO interval; without it the newest figure.
    """
    from orchestration.ask import UnknownNameError
    from orchestration.trace import render
    from orchestration.trace import trace as traced

    try:
        with _told_if_damaged():
            build_id, found = traced(_published_mart(), indicator, area, period, breakdown)
    except UnknownNameError as error:
        _fail(str(error))
    if as_json:
        more = {"components": found["components"], "releases": found["releases"]}
        click.echo(reports.as_json("trace", [found["value"]], build_id, **more))
    else:
        click.echo("\n".join(render(found)))


@main.command()
@click.argument("indicator", shell_complete=completion.indicators)
@click.option(
    "--area",
    "named",
    multiple=True,
    metavar="AREA",
    help="Code or name (may be repeated); default the home place.",
    shell_complete=completion.areas,
)
@click.option(
    "--breakdown", metavar="NAME", help="As sex=male; default the total.", shell_complete=completion.breakdowns
)
@json_option
def show(indicator: str, named: tuple[str, ...], breakdown: str | None, as_json: bool) -> None:
    """One indicator: definition, newest value and its limits, beside England, rank, trend, source and a chart."""
    from orchestration.ask import UnknownNameError
    from orchestration.show import render
    from orchestration.show import show as shown
    from sources.place import place

    try:
        with _told_if_damaged():
            build_id, found = shown(_published_mart(), indicator, named or (place().code,), breakdown)
    except UnknownNameError as error:
        _fail(str(error))
    if as_json:
        click.echo(reports.as_json("show", found.pop("series"), build_id, **found))
        return
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for line in render(found, colour=colour):
        click.echo(line)


@main.command()
@click.argument("statement", required=False)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, all rows.")
@json_option
@click.option("--limit", type=click.IntRange(0), default=100, show_default=True, help="Rows of a table; 0 for all.")
def sql(statement: str | None, as_csv: bool, as_json: bool, limit: int) -> None:
    """Ask the published mart in SQL: STATEMENT, or what is piped in, or a prompt.

    Tables need no `mart.` before them; `.tables` and `.schema TABLE` say what there is. Nothing can be changed, and no
    other file read or written.
    """
    from orchestration import sql as shell

    if as_csv and as_json:
        raise click.BadParameter("choose one of --csv and --json", param_hint="--csv")
    kind: shell.Format = "csv" if as_csv else "json" if as_json else "table"
    typed = statement is None and shell.is_asked_by_a_person()
    if statement is None and not typed:
        statement = sys.stdin.read()
    if not (typed or (statement or "").strip(" \t\n;")):
        raise click.BadParameter("nothing was asked: give a statement, or pipe one in", param_hint="STATEMENT")
    mart = _published_mart()
    with _told_if_damaged():
        con = shell.connect(mart)
    try:
        if typed:
            shell.prompt(con, kind, limit)
        for line in shell.tell(con, statement or "", kind, limit) if statement else ():
            click.echo(line, nl=False)
    except shell.SqlError as error:
        _fail(str(error))


@main.command(name="completion")
@click.argument("shell", type=click.Choice(completion.SHELLS))
def print_completion(shell: str) -> None:
    """Print the script that completes `outcomes` in SHELL.

    For bash: outcomes completion bash > ~/.local/share/bash-completion/completions/outcomes
    """
    click.echo(completion.script(main, shell))


@main.command()
@click.option(
    "--dataset",
    "names",
    multiple=True,
    metavar="NAME",
    help="Only this dataset (may be repeated).",
    shell_complete=completion.datasets,
)
@click.option("--offline", is_flag=True, help="This machine and this warehouse only: ask no publisher.")
@quiet_option
@json_option
def doctor(names: tuple[str, ...], offline: bool, quiet: bool, as_json: bool) -> None:
    """What to run first on live: this machine, this warehouse, and whether every publisher answers as expected.

    Lands and writes nothing. Exit code 0: nothing failed; 3: only warnings; 1: something failed.
    """
    from orchestration import doctor as checks

    datasets = _chosen(names)
    home = Home.from_environment()
    rows = [*checks.machine(home), *checks.warehouse(home, datasets)]
    if not offline:
        with checks.open_session() as session:
            rows += checks.publishers(
                datasets, session, (lambda line: None) if quiet else lambda line: click.echo(line, err=True)
            )
    for line in [reports.as_json("doctor", checks.as_dicts(rows))] if as_json else checks.render(rows):
        click.echo(line)
    sys.exit(checks.exit_code(rows))


def _check_place() -> None:
    """Another place's file is wrong before anything is asked or done for it."""
    from sources.catalogue import CatalogueError
    from sources.place import place

    try:
        place()
    except CatalogueError as error:
        raise click.BadParameter(str(error), param_hint="OUTCOMES_PLACE") from error


def _chosen(names: tuple[str, ...]) -> list[Any]:
    """Datasets of the catalogue in its order: those named, or all."""
    from sources.catalogue import CatalogueError, load_catalogue

    try:
        catalogue = load_catalogue()
    except CatalogueError as error:
        _fail(str(error))
    unknown = [name for name in names if name not in catalogue]
    if unknown:
        raise click.BadParameter(
            f"no dataset {', '.join(unknown)} in the catalogue; `outcomes freshness` lists them", param_hint="--dataset"
        )
    return [dataset for name, dataset in catalogue.items() if not names or name in names]


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=3000, show_default=True)
def ui(host: str, port: int) -> None:
    """Dagster's UI with everything wired; the nightly schedule runs while it is open.

    It asks nobody who they are: on another host than this machine's own it belongs behind something that does.
    """
    home = Home.from_environment()
    _dagster_environment(home)
    _end_abandoned_runs(home)
    dagster = Path(sys.executable).with_name("dagster")
    arguments = [str(dagster), "dev", "-m", "orchestration.definitions", "-h", host, "-p", str(port)]
    os.chdir(PROJECT_ROOT)
    os.execv(dagster, arguments)  # noqa: S606 - the UI takes this process's place


def _end_abandoned_runs(home: Home) -> None:
    """A run that was killed must not keep the UI's queue waiting for it."""
    import dagster as dg

    from orchestration.warehouse import end_abandoned_runs

    with suppress(RunInProgressError), home.lock(), dg.DagsterInstance.get() as instance:
        end_abandoned_runs(instance)


main.add_command(returns)
main.add_command(lake)


def _run(
    origin: str,
    *,
    quiet: bool,
    as_json: bool,
    as_of: dt.date | None = None,
    full_refresh: bool = False,
    profiled: bool = False,
) -> int:
    from sources.origins import OriginError, parse

    started = time.monotonic()
    try:
        spec = parse(origin)
    except OriginError as error:
        raise click.BadParameter(str(error), param_hint="--from") from error
    home = replace(Home.from_environment(), as_of=as_of)
    before = _identity(home.mart)
    try:
        # A service manager's signal is one like Ctrl-C; while the job itself runs, Dagster listens for both.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        _refuse_if_not_writable(home)
        if not (quiet or as_json):
            _listen(started)
        failure = _execute(home, str(spec), full_refresh=full_refresh)
    except KeyboardInterrupt:
        failure = STOPPED
    if failure is not None:
        stays = _identity(home.mart) == before
        published = "what was published before stays as it is" if stays else "its build was published all the same"
        _fail(f"the run failed; {published}\n{failure}")
    summary = summarise(home, time.monotonic() - started)
    if profiled:
        summary["profile"] = profile.newest(home.profiles)
    click.echo(_summary_as_json(summary) if as_json else render(summary))
    return DEGRADED if summary["degraded"] else GOOD


def _summary_as_json(summary: dict[str, Any]) -> str:
    """Rows are the datasets that are not fresh."""
    more = {name: part for name, part in summary.items() if name != "not_fresh"}
    return reports.as_json("run", summary["not_fresh"], summary["build"]["build_id"], **more)


def _refuse_if_not_writable(home: Home) -> None:
    """A clear answer before anything heavy is imported; the run takes the lock itself."""
    try:
        with home.lock():
            home.try_to_write()
    except (RunInProgressError, OSError) as error:
        _fail(disk_trouble(error, home.root) or str(error))


def _identity(mart: Path) -> int | None:
    """Which file is published: a publish never writes into the one before."""
    return mart.stat().st_ino if mart.is_file() else None


def _listen(started: float) -> None:
    from orchestration import progress

    def show(text: str) -> None:
        click.echo(f"[{time.monotonic() - started:6.1f} s] {text}", err=True)

    progress.listen(show)
    show("starting")


def _execute(home: Home, origin: str, *, full_refresh: bool) -> str | None:
    """Runs the job in this process, with run history. Returns why it failed, or None."""
    try:
        with standing_by():
            return _run_job(home, origin, full_refresh=full_refresh)
    except Exception as error:  # the run's history lies on the same disk: Dagster cannot tell of a full one
        told = disk_trouble(error, home.root)
        if told is None:
            raise
        return told


def _run_job(home: Home, origin: str, *, full_refresh: bool) -> str | None:
    _dagster_environment(home)

    with made_to_stay():
        from orchestration.dbt_process import DbtError
        from orchestration.warehouse import history
        from sources.catalogue import CatalogueError

        try:
            from orchestration.definitions import JOB, defs, run_config
        except (CatalogueError, DbtError) as error:
            return str(error)
        job = defs.resolve_job_def(JOB)
    config = run_config(origin, as_of=str(home.as_of or ""), full_refresh=full_refresh) | {
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}
    }
    home.build.mkdir(parents=True, exist_ok=True)
    # dagster-dbt repeats all that dbt prints; at the terminal that would bury the progress.
    with (
        history() as instance,
        (home.build / "run.log").open("w", encoding="utf-8") as log,
        redirect_stdout(log),
    ):
        profile.since_start(profile.START)
        result = job.execute_in_process(
            instance=instance, run_config=config, raise_on_error=False, tags={"outcomes/from": origin}
        )
        return None if result.success else _why(result, home)


def _why(result: Any, home: Home) -> str:
    """The first failures of a run, in the words of their errors."""
    from orchestration.failures import reasons

    return "\n".join(reasons(result.all_events, home.root)[:5]) or "no step reported why; see the run in `outcomes ui`"


def _dagster_environment(home: Home) -> None:
    home.dagster_storage.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("DAGSTER_HOME", str(PROJECT_ROOT))
    os.environ["OUTCOMES_DAGSTER_STORAGE"] = str(home.dagster_storage)
    os.environ["OUTCOMES_HOME"] = str(home.root)


def summarise(home: Home, seconds: float) -> dict[str, Any]:
    """What a run came to, from the published mart itself."""
    import duckdb

    with duckdb.connect(home.mart, read_only=True) as con:
        found = con.execute("select * from mart.build")
        names = [column[0] for column in found.description]
        build = dict(zip(names, found.fetchone() or (), strict=True))
        measures = dict(
            con.execute("select status, count(*) from mart.mart_measure_coverage group by status").fetchall()
        )
        stale = con.execute(
            "select dataset, status, message from mart.mart_freshness "
            "where status in ('stale', 'missing', 'awaiting_source') order by dataset"
        ).fetchall()
    statuses = _outcomes(home)
    return {
        "build": build,
        "scorecard": str(home.scorecard),
        "mart": str(home.mart),
        "parquet": str(home.current / "parquet"),
        "csv": str(home.current / "csv"),
        "results": str(home.current / "results.json"),
        "data_docs": str(home.current / "data_docs" / "index.html"),
        "measures": measures,
        "not_fresh": [dict(zip(("dataset", "status", "message"), row, strict=True)) for row in stale],
        "degraded": any(outcome.failed for outcome in statuses),
        "seconds": round(seconds, 1),
    }


def _outcomes(home: Home) -> list[Any]:
    from orchestration.ingest import Outcome
    from sources.catalogue import load_catalogue

    found = (Outcome.read(home.statuses, dataset) for dataset in load_catalogue())
    return [outcome for outcome in found if outcome is not None]


def render(summary: dict[str, Any]) -> str:
    """The summary as people read it."""
    from orchestration.ingest import PROBLEM_SEPARATOR

    build, measures = summary["build"], summary["measures"]
    total = sum(measures.values())
    rows = build["published_rows"] + build["illustrative_rows"]
    answered = ", ".join(f"{count} {status}" for status, count in sorted(measures.items()))
    lines = [
        "",
        f"  scorecard  {summary['scorecard']}",
        f"  mart       {summary['mart']}",
        f"  parquet    {summary['parquet']}",
        f"  csv        {summary['csv']}",
        f"  results    {summary['results']}",
        f"  data docs  {summary['data_docs']}",
        "",
        f"  build      {build['build_id']} from {build['built_from']} in {summary['seconds']} s",
        f"  measures   {measures.get('answered', 0)} of {total} answered ({answered})",
        f"  checks     {build['checks_passed']} passed, {build['checks_warned']} warned, "
        f"{build['checks_failed']} failed",
        f"  basis      {build['published_rows']:,} of {rows:,} rows are published figures, "
        f"{build['illustrative_rows']:,} illustrative",
        f"  datasets   {build['datasets_ok']} fresh, {build['datasets_stale']} stale, "
        f"{build['datasets_missing']} missing",
    ]
    alike: dict[tuple[str, str], list[str]] = {}
    for row in summary["not_fresh"]:
        alike.setdefault((row["status"], row["message"]), []).append(row["dataset"])
    for (status, message), datasets in alike.items():
        if any(dataset in message for dataset in datasets):  # a problem names its dataset
            lines += [f"             {status}: {problem}" for problem in message.split(PROBLEM_SEPARATOR)]
        else:
            lines.append(f"             {message}: {', '.join(datasets)}")
    if build["illustrative_rows"]:
        lines += ["", "  SAMPLE: illustrative figures are invented; they are marked in every row (basis)."]
    if summary["degraded"]:
        lines += ["", "  DEGRADED: published, but not every source could be refreshed."]
    if summary.get("profile"):
        lines += profile.render(summary["profile"])
    return "\n".join(lines)


def _report(command: str, query: str, show: Callable[[list[Row]], Iterator[str]], *, as_json: bool) -> None:
    with _told_if_damaged():
        build_id, rows = reports.ask(_published_mart(), query)
    for line in [reports.as_json(command, rows, build_id)] if as_json else show(rows):
        click.echo(line)


def _published_mart() -> Path:
    home = Home.from_environment()
    if not home.mart.is_file():
        _fail(f"nothing is published in {home.published}: run `outcomes run` first")
    return home.mart


@contextmanager
def _told_if_damaged() -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        _fail(
            f"the mart cannot be read: {str(error).splitlines()[0]}. `outcomes run` and `outcomes rollback` put a "
            "damaged published file aside and publish a good one"
        )


def _fail(message: str) -> NoReturn:
    click.echo(f"outcomes: {message}", err=True)
    sys.exit(FAILED)


def program() -> None:
    """The program `outcomes`."""
    try:
        main()
    except SystemExit as ended:
        if not isinstance(ended.code, int):  # no command's: Python knows what to say
            raise
        leave(ended.code)


if __name__ == "__main__":
    program()
