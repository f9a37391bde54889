"""`outcomes returns`: templates of the authority's own returns, and a check of a filled-in one before it is dropped."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.home import Home

if TYPE_CHECKING:
    from sources.returns import Return

FAILED = 1


@click.group()
def returns() -> None:
    """The combined authority's own returns: templates and checks."""


@returns.command(name="list")
def list_returns() -> None:
    """Every return and the measure it answers."""
    from sources.returns import load_returns

    for form in load_returns().values():
        click.echo(f"{form.id:<34}{form.measure:<6}{form.title}")


@returns.command()
@click.argument("name", metavar="[RETURN]", required=False)
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
def check(files: tuple[Path, ...]) -> None:
    """Check filled-in returns, cell by cell. Lands nothing."""
    import datetime as dt

    from sources.origins import LONDON
    from sources.returns import ReturnError
    from sources.returns.submission import read_submission

    good = True
    for path in files:
        try:
            found = read_submission(path, str(path), dt.datetime.now(LONDON).date())
        except ReturnError as error:
            good = False
            click.echo(str(error), err=True)
        else:
            click.echo(
                f"{path}: good. {found.form.title}, submitted by {found.submitted_by} on {found.submitted_at}: "
                f"{len(found.rows)} figures for {', '.join(found.periods)}"
            )
    if not good:
        sys.exit(FAILED)
    click.echo(f"Put it into {Home.from_environment().returns}: the next run takes it up.")


def _chosen(name: str | None) -> list[Return]:
    from sources.returns import load_returns

    forms = load_returns()
    if name is None:
        return list(forms.values())
    if name not in forms:
        raise click.BadParameter(f"no return {name!r}; there are {', '.join(forms)}", param_hint="RETURN")
    return [forms[name]]
