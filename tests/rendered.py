"""SQL of the dbt project as dbt would render it, without dbt: for tests of macros and models on rows of their own.

Every relation is named by what it is (`ref('areas')` is `areas`, `source('raw', 'release')` is `raw_release`), so that
a test makes tables of these names in a DuckDB of its own. Hooks, tests and packages are not known here.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined

from orchestration.home import DBT_PROJECT_DIR

_MACRO = re.compile(r"(\{%-?\s*macro\s+)(\w+)(\(.*?\{%-?\s*endmacro\s*-?%\})", re.DOTALL)

# Columns of an observation from int_observation_conformed on, as SQL declares them.
NUMBERS = ("obs_value", "numerator", "denominator", "lower_ci", "upper_ci")
OBSERVATION = ", ".join(
    f"{name} {'double' if name in NUMBERS else 'varchar'}"
    for name in (
        "dataset", "indicator_id", "ref_area", "time_period", "breakdown", *NUMBERS, "obs_status", "conf_status",
        "source_flag", "unit_measure", "value_origin", "basis", "release_id", "release_kind",
    )
) + ", realtime_start date, source_locator varchar, area_known boolean"  # fmt: skip


class _Returned(Exception):
    """dbt's `return`: a macro gives a value in place of its text."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


def _return(value: Any) -> None:
    raise _Returned(value)


@cache
def _environment() -> Environment:
    environment = Environment(undefined=StrictUndefined, extensions=["jinja2.ext.do"], autoescape=False)  # it is SQL
    variables = yaml.safe_load((DBT_PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    macros: dict[str, Callable[..., Any]] = {}
    environment.globals.update(
        {
            "return": _return,
            "adapter": SimpleNamespace(
                dispatch=lambda name: macros.get(f"duckdb__{name}", macros.get(f"default__{name}"))
            ),
            "target": SimpleNamespace(type="duckdb"),
            "var": variables.__getitem__,
            "env_var": lambda name, default="": default,
            "config": lambda **_: "",
            "ref": lambda name: name,
            "source": lambda schema, name: f"{schema}_{name}",
            "this": "this",
        }
    )
    for path in sorted((DBT_PROJECT_DIR / "macros").glob("*.sql")):
        for found in _MACRO.finditer(path.read_text(encoding="utf-8")):
            # Jinja keeps names with a leading underscore to their template.
            macros[found[2]] = _callable(environment, f"{found[1]}rendered{found[3]}")
    environment.globals.update(macros)
    return environment


def _callable(environment: Environment, text: str) -> Callable[..., Any]:
    macro: list[Any] = []  # made at its first call: by then all macros are known

    def call(*arguments: Any, **named: Any) -> Any:
        if not macro:
            macro.append(environment.from_string(text).module.rendered)
        try:
            return macro[0](*arguments, **named)
        except _Returned as returned:
            return returned.value

    return call


def macro(call: str) -> str:
    """SQL of a macro's call, e.g. `period_end('time_period')`."""
    return _environment().from_string("{{ " + call + " }}").render()


def model(name: str) -> str:
    """SQL of a model."""
    (path,) = (DBT_PROJECT_DIR / "models").rglob(f"{name}.sql")
    return _environment().from_string(path.read_text(encoding="utf-8")).render()


def seed(name: str) -> list[dict[str, str]]:
    """Rows of a seed."""
    (path,) = (DBT_PROJECT_DIR / "seeds").rglob(f"{name}.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
