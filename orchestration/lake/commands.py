"""`outcomes lake`: refresh some publishers into a shared mart, see its builds, forget old ones."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from typing import TYPE_CHECKING, NoReturn

import click

from orchestration import completion, progress, reports
from orchestration.home import Home, RunInProgressError
from orchestration.options import json_option, quiet_option

if TYPE_CHECKING:
    import duckdb

GOOD, FAILED, DEGRADED = 0, 1, 3


@click.group()
def lake() -> None:
    """One mart for many writers and readers: DuckLake, with its catalog in PostgreSQL (docs/lake.md)."""


@lake.command()
@click.option(
    "--from",
    "origin",
    default="sample",
    show_default=True,
    metavar="sample|live|mirror:DIR|landed",
    shell_complete=completion.origins,
    help="Where bytes come from.",
)
@click.option("--publisher", "named", multiple=True, metavar="NAME", help="Only its datasets (may be repeated).")
@quiet_option
@json_option
def refresh(origin: str, named: tuple[str, ...], quiet: bool, as_json: bool) -> None:
    """Fetch and land, hand in to the lake, build the mart from what all writers handed in, check, publish."""
    from orchestration.ingest import Outcome
    from orchestration.lake.refresh import build, hand_in, ingest
    from orchestration.warehouse import Warehouse
    from sources.origins import OriginError, parse

    try:
        parse(origin)
    except OriginError as error:
        raise click.BadParameter(str(error), param_hint="--from") from error
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that a dbt at work is ended too
    if not (quiet or as_json):
        _listen()
    home = Home.from_environment()
    warehouse = Warehouse(origin=origin, home_dir=str(home.root))
    datasets = [name for name, dataset in warehouse.catalogue.items() if not named or dataset.publisher in named]
    unknown = set(named) - {dataset.publisher for dataset in warehouse.catalogue.values()}
    if unknown:
        raise click.BadParameter(f"not in the catalogue: {', '.join(sorted(unknown))}", param_hint="--publisher")
    home.build.mkdir(parents=True, exist_ok=True)
    with _lake() as con, (home.build / "lake.log").open("w", encoding="utf-8") as log:
        with redirect_stdout(log):
            ingest(home, origin, datasets)
        with home.lock():
            progress.say(None, "hand in")
            changed = hand_in(con, warehouse, datasets)
            done = build(con, warehouse, lambda text: progress.say(None, text))
    outcomes = [Outcome.read(home.statuses, name) for name in datasets]
    problems = {found.dataset: found.problems for found in outcomes if found and found.failed}
    if as_json:
        row = asdict(done) | {"handed_in": changed}
        click.echo(reports.as_json("lake refresh", [row], done.build_id, problems=problems))
    else:
        later = "" if done.counts else ", a later build of another writer"
        click.echo(f"handed in: {len(changed)} datasets; published: {done.build_id}{later}")
        for dataset, found in problems.items():
            click.echo(f"served from its last good release: {dataset}: {'; '.join(found)}")
    sys.exit(DEGRADED if problems else GOOD)


@lake.command(name="builds")
@json_option
def list_builds(as_json: bool) -> None:
    """Published builds that can still be read, the newest first, each with its snapshot."""
    from orchestration.lake.store import builds

    with _lake() as con:
        rows = [asdict(found) for found in builds(con)]
    for line in [reports.as_json("lake builds", rows)] if as_json else reports.as_table(rows):
        click.echo(line)


@lake.command()
@click.option("--keep", type=click.IntRange(1), default=7, show_default=True, help="Builds that stay readable.")
@click.option(
    "--hours",
    type=click.FloatRange(0),
    default=24.0,
    show_default=True,
    help="Nothing younger goes: longer than any build or reader takes.",
)
@json_option
def expire(keep: int, hours: float, as_json: bool) -> None:
    """Forget old snapshots and delete the files that only they needed."""
    from orchestration.lake import store

    with _lake() as con:
        snapshots, files = store.expire(con, keep=keep, hours=hours)
    if as_json:
        click.echo(reports.as_json("lake expire", [{"snapshots": snapshots, "files": files}]))
    else:
        click.echo(f"forgotten: {snapshots} snapshots, {files} files")


@contextmanager
def _lake() -> Iterator[duckdb.DuckDBPyConnection]:
    from orchestration.lake.store import Lake, LakeError, connect

    try:
        with connect(Lake.from_environment()) as con:
            yield con
    except (LakeError, RunInProgressError, OSError) as error:
        _fail(str(error))
    except KeyboardInterrupt:
        _fail("stopped; what was published stays")


def _listen() -> None:
    started = time.monotonic()
    progress.listen(lambda text: click.echo(f"[{time.monotonic() - started:6.1f} s] {text}", err=True))


def _fail(message: str) -> NoReturn:
    click.echo(f"outcomes: {message}", err=True)
    sys.exit(FAILED)
