"""Completion in the shell: ids, areas and builds from what is published, datasets and returns from their files.

Somebody waits for Tab: nothing heavy is imported, and where there is no mart, or a damaged one, nothing is offered.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from typing import Any

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class, get_completion_class

from orchestration.ask import answer
from orchestration.home import PROJECT_ROOT, Home

PROGRAM = "outcomes"
VARIABLE = "_OUTCOMES_COMPLETE"
SHELLS = ("bash", "zsh", "fish")
ORIGINS = ("sample", "live", "mirror:", "landed")

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

_INDICATORS = "select indicator_id, indicator_name from mart.dim_indicator order by indicator_id"
_AREAS = """
    select area_code, area_name from mart.dim_area where area_code in (select ref_area from mart.fct_observation)
    union all
    select area_name, area_code from mart.dim_area where area_code in (select ref_area from mart.fct_observation)
    order by 1
"""
_BREAKDOWNS = "select distinct breakdown, null from mart.fct_observation order by breakdown"
_PERIODS = """
    select distinct facts.time_period, periods.period_label from mart.fct_observation as facts
    left join mart.dim_period as periods on periods.time_period = facts.time_period
    where facts.indicator_id = $indicator order by 1 desc
"""


class QuotingBash(BashComplete):
    """Bash itself quotes no blanks in what it is given; and click's script reads it once before bash does."""

    def format_completion(self, item: CompletionItem) -> str:
        if item.value == shlex.quote(item.value) or item.value.endswith(":"):
            return super().format_completion(item)
        quoted = "".join(sign if sign.isalnum() or sign in "-_./:=,+" else f"\\\\{sign}" for sign in item.value)
        return f"{item.type},{quoted}"


add_completion_class(QuotingBash, "bash")


def script(main: click.Command, shell: str) -> str:
    """What a shell reads once to complete `outcomes`."""
    found = get_completion_class(shell)
    if found is None:
        raise click.BadParameter(f"expected {', '.join(SHELLS)}, found {shell!r}")
    return found(main, {}, PROGRAM, VARIABLE).source()


def _offer(found: Iterable[tuple[str, str | None]], typed: str) -> list[CompletionItem]:
    """Those that begin with what was typed, case aside."""
    offered = {value: told for value, told in found if value.lower().startswith(typed.lower())}
    return [CompletionItem(value, help=told or None) for value, told in offered.items()]


def _from_mart(query: str, **values: Any) -> list[tuple[str, str | None]]:
    import duckdb

    try:
        with duckdb.connect(Home.from_environment().mart, read_only=True) as con:
            return [(value, told) for value, told in map(dict.values, answer(con, query, values))]
    except duckdb.Error:
        return []


def indicators(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    del context, parameter
    return _offer(_from_mart(_INDICATORS), typed)


def areas(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Codes and names."""
    del context, parameter
    return _offer(_from_mart(_AREAS), typed)


def breakdowns(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Of all indicators: of a line that ends in an option click does not say what came before it."""
    del context, parameter
    return _offer(_from_mart(_BREAKDOWNS), typed)


def periods(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    del parameter
    return _offer(_from_mart(_PERIODS, indicator=context.params.get("indicator")), typed)


def builds(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Kept builds, the newest first."""
    del context, parameter
    folder = Home.from_environment().builds
    names = sorted((path.name for path in folder.glob("[!.]*")), reverse=True) if folder.is_dir() else []
    return _offer(((name, None) for name in names), typed)


def builds_and_published(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    return [*_offer([("published", None)], typed), *builds(context, parameter, typed)]


def origins(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    del context, parameter
    return _offer(((origin, None) for origin in ORIGINS), typed)


def _names(pattern: str) -> Completer:
    def complete(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
        del context, parameter
        return _offer(((path.stem, None) for path in sorted((PROJECT_ROOT / "sources").glob(pattern))), typed)

    return complete


datasets = _names("catalogue/*/*.yml")
forms = _names("returns/*.yml")
