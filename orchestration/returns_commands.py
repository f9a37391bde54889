"""`outcomes returns`: templates of the authority's own returns, and a check of a filled-in one before it is dropped."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration import completion, reports
from orchestration.ask import Row
from orchestration.home import Home
from orchestration.options import json_option

if TYPE_CHECKING:
    from sources.returns import Return

FAILED = 1


@click.group()
def returns() -> None:
    """The combined authority's own returns: templates and checks."""


@returns.command(name="list")
@json_option
def list_returns(as_json: bool) -> None:
    """Every return and the measure it answers."""
    from sources.returns import load_returns

    forms = load_returns().values()
    if as_json:
        rows = ({"id": form.id, "measure": form.measure, "title": form.title} for form in forms)
        click.echo(reports.as_json("returns list", rows))
        return
    for form in forms:
        click.echo(f"{form.id:<34}{form.measure:<6}{form.title}")


@returns.command()
@click.argument("name", metavar="[RETURN]", required=False, shell_complete=completion.forms)
@click.option("--format", "kind", type=click.Choice(["csv", "xlsx"]), default="csv", show_default=True)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Where to write; default the current folder.",
)
def template(name: str | None, kind: str, output: Path) -> None:
    """Write the template of RETURN, or of every return."""
    from sources.returns.template import csv_template, xlsx_template

    if output.resolve() == Home.from_environment().returns:
        raise click.BadParameter(
            "empty forms do not belong in the folder that runs read; write them elsewhere", param_hint="--output"
        )
    output.mkdir(parents=True, exist_ok=True)
    for form in _chosen(name):
        path = output / f"{form.id}.{kind}"
        if path.exists():
            click.echo(f"outcomes: {path} is there already; it may be filled in, so it was left alone", err=True)
            sys.exit(FAILED)
        path.write_bytes(csv_template(form) if kind == "csv" else xlsx_template(form))
        click.echo(str(path))


@returns.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@json_option
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Check filled-in returns, cell by cell. Lands nothing."""
    rows = []
    for path in files:
        rows.append(_checked(path))
        if not as_json:
            _tell(rows[-1])
    good = all(row["good"] for row in rows)
    folder = Home.from_environment().returns
    if as_json:
        click.echo(reports.as_json("returns check", rows, folder=str(folder)))
    elif good:
        click.echo(f"Put it into {folder}: the next run takes it up.")
    if not good:
        sys.exit(FAILED)


def _checked(path: Path) -> Row:
    """What a filled-in return is, or the problems of it."""
    import datetime as dt

    from sources.origins import LONDON
    from sources.returns import ReturnError
    from sources.returns.submission import read_submission

    try:
        found = read_submission(path, str(path), dt.datetime.now(LONDON).date())
    except ReturnError as error:
        return {"file": str(path), "good": False, "problems": list(error.problems)}
    return {
        "file": str(path),
        "good": True,
        "problems": [],
        "return": found.form.id,
        "title": found.form.title,
        "submitted_by": found.submitted_by,
        "submitted_at": found.submitted_at,
        "figures": len(found.rows),
        "periods": list(found.periods),
    }


def _tell(row: Row) -> None:
    if not row["good"]:
        click.echo("\n".join(row["problems"]), err=True)
        return
    click.echo(
        f"{row['file']}: good. {row['title']}, submitted by {row['submitted_by']} on {row['submitted_at']}: "
        f"{row['figures']} figures for {', '.join(row['periods'])}"
    )


def _chosen(name: str | None) -> list[Return]:
    from sources.returns import load_returns

    forms = load_returns()
    if name is None:
        return list(forms.values())
    if name not in forms:
        raise click.BadParameter(f"no return {name!r}; there are {', '.join(forms)}", param_hint="RETURN")
    return [forms[name]]
