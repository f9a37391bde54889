"""The combined authority's own returns: one YAML per return, read into a strict model.

A return is a form for figures that no publisher has: footfall, ferry passengers, projects. Its YAML says which
measure it answers, which columns the form has (type, unit, bounds, allowed values, examples) and which indicators
its columns make. Templates, checks and what is landed all follow from it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from sources.catalogue import CatalogueError, Strict, explain
from sources.errors import SourceError, tellable
from sources.place import place

RETURNS_DIR = Path(__file__).parent
PUBLISHER, DATASET = "lcrca", "lcrca_returns"

ALL = "All"  # what stands in a group's cell where the row is the total over its groups
WITHDRAWN = "withdrawn"  # in place of a figure that was wrong and has no successor
HEADER_FIELDS = ("return", "submitted_by", "submitted_at")

PeriodType = Literal["month", "quarter", "financial_year", "calendar_year", "day"]
PERIOD_TYPES = ("month", "quarter", "financial_year", "calendar_year", "day")
GROUP_TYPES = ("name", "category")
NUMBER_TYPES = ("whole_number",)


class ReturnError(SourceError):
    """A file that was handed in is not the return it should be. One sentence for each wrong cell."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(map(tellable, problems))
        super().__init__(
            publisher=PUBLISHER,
            dataset=DATASET,
            where="",
            expected="a filled-in return",
            found=f"{len(problems)} problems",
            action="",
        )

    def __str__(self) -> str:
        return "\n".join(self.problems)


class ReturnColumn(Strict):
    """One column of a form. `unit` is the noun of a number ('visits'), as messages use it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: Literal[
        "month", "quarter", "financial_year", "calendar_year", "day", "area", "name", "category", "whole_number", "note"
    ]
    help: str = Field(min_length=10)
    examples: tuple[str, ...] = ()
    unit: str = ""
    min: int = 0
    max: int | None = None
    allowed: tuple[str, ...] = ()
    required: bool = True

    @model_validator(mode="after")
    def _fits_its_type(self) -> ReturnColumn:
        number = self.type in NUMBER_TYPES
        if number and not (self.unit and self.max is not None and self.max > self.min):
            raise ValueError("a number needs a unit and a max above its min")
        if not number and (self.unit or self.max is not None):
            raise ValueError("only numbers have a unit and bounds")
        if (self.type == "category") != bool(self.allowed):
            raise ValueError("a category needs its allowed values, and nothing else has them")
        if self.type != "note" and not self.examples:
            raise ValueError("a column needs an example")
        return self


class Figure(Strict):
    """One indicator made of a form's numbers: a value, or numerator over denominator as a percentage."""

    indicator: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    unit: Literal["count", "percent"]
    value: str | None = None
    numerator: str | None = None
    denominator: str | None = None

    @model_validator(mode="after")
    def _value_or_share(self) -> Figure:
        if self.unit == "count" and (self.value is None or self.numerator or self.denominator):
            raise ValueError("a count has a value and nothing else")
        if self.unit == "percent" and (self.value or self.numerator is None or self.denominator is None):
            raise ValueError("a percentage has a numerator and a denominator: no percentages are handed in")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for name in (self.value, self.numerator, self.denominator) if name)


class Return(Strict):
    """One YAML file."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    measure: str
    description: str
    cadence: str = Field(pattern=r"^P\d+[YM]$")
    columns: tuple[ReturnColumn, ...] = Field(min_length=2)
    figures: tuple[Figure, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_a_form(self) -> Return:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names) or set(names) & set(HEADER_FIELDS):
            raise ValueError(f"column names must be unique and none of {', '.join(HEADER_FIELDS)}")
        if [column.type in PERIOD_TYPES for column in self.columns].count(True) != 1:
            raise ValueError("a return needs exactly one period column")
        for kinds, what in ((("area",), "area"), (GROUP_TYPES, "group"), (("note",), "note")):
            if sum(column.type in kinds for column in self.columns) > 1:
                raise ValueError(f"a return has at most one {what} column")
        kinds_in_order = [column.type for column in self.columns if column.type in ("area", *GROUP_TYPES)]
        if "area" in kinds_in_order[1:]:
            raise ValueError("the area stands before what it is divided into")
        if any(not self.column(name) or self.column(name).type not in NUMBER_TYPES for name in self.figure_columns):
            raise ValueError("figures are made of number columns of this return")
        unused = {column.name for column in self.columns if column.type in NUMBER_TYPES} - set(self.figure_columns)
        if unused:
            raise ValueError(f"no figure is made of {', '.join(sorted(unused))}: do not ask for it")
        return self

    @property
    def figure_columns(self) -> tuple[str, ...]:
        return tuple(name for figure in self.figures for name in figure.columns)

    @property
    def indicators(self) -> tuple[str, ...]:
        return tuple(figure.indicator for figure in self.figures)

    def column(self, name: str) -> ReturnColumn:
        found = next((column for column in self.columns if column.name == name), None)
        if found is None:
            raise ValueError(f"no column {name!r}")
        return found

    def of_type(self, *types: str) -> ReturnColumn | None:
        return next((column for column in self.columns if column.type in types), None)

    @property
    def period(self) -> ReturnColumn:
        return next(column for column in self.columns if column.type in PERIOD_TYPES)


def load_return(path: Path) -> Return:
    """Reads one return's YAML; CatalogueError names file and line of the first problem."""
    text = path.read_text(encoding="utf-8")
    try:
        found = Return.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise CatalogueError(f"{path}: not valid YAML: {error}") from error
    except ValidationError as error:
        raise CatalogueError(explain(path, text, error)) from error
    if found.id != path.stem:
        raise CatalogueError(f"{path}:1: expected id {path.stem!r} (from the file's name), found {found.id!r}")
    return found


@cache
def load_returns(folder: Path = RETURNS_DIR) -> dict[str, Return]:
    """All returns by id."""
    return {found.id: found for found in map(load_return, sorted(folder.glob("*.yml")))}


def area_code(text: str) -> str | None:
    """GSS code of an area given by name or code ('St. Helens', 'E08000013'); None for any other area."""
    plain = re.sub(r"[^a-z0-9]+", " ", text.casefold()).strip()
    return next((code for name, code in place().areas.items() if plain in (name.casefold(), code.casefold())), None)
