"""The place whose measures are answered: one YAML, `place.yml` or the file that `OUTCOMES_PLACE` names.

Sources take from it which areas a release must have, dbt its vars, the command line the area that a question means.
What lists belong to a place besides (stations, returns, baselines) is said in docs/another-place.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError, model_validator

from sources.catalogue import CatalogueError, Strict, explain

VARIABLE = "OUTCOMES_PLACE"
DEFAULT = Path(__file__).parents[1] / "place.yml"

_CODE = r"^[EKNSW]\d{8}$"


class Place(Strict):
    """A combined authority, its members, and what it is compared with. All areas by GSS code."""

    code: str = Field(pattern=_CODE)
    name: str = Field(min_length=1)
    region: str = Field(pattern=_CODE)
    country: str = Field(pattern=_CODE)
    authorities: dict[str, str] = Field(min_length=1)  # name -> code
    also_called: tuple[str, ...] = ()
    lookalike_areas: tuple[str, ...] = ()
    lookalike_members: dict[str, str] = Field(default_factory=dict)
    outside_lookalikes: tuple[str, ...] = ()
    expected_areas: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # dataset -> codes as it has them

    @model_validator(mode="after")
    def _areas_are_different(self) -> Place:
        codes = [self.code, self.region, self.country, *self.authorities.values(), *self.lookalike_areas]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands for more than one area")
        strangers = sorted(set(self.lookalike_members.values()) - set(self.lookalike_areas))
        if strangers:
            raise ValueError(f"lookalike_members names {', '.join(strangers)}, which lookalike_areas does not")
        strangers = sorted(set(self.outside_lookalikes) - set(self.authorities.values()))
        if strangers:
            raise ValueError(f"outside_lookalikes names {', '.join(strangers)}, which authorities does not")
        return self

    @property
    def areas(self) -> dict[str, str]:
        """Name and code of the place itself and then of its authorities."""
        return {self.name: self.code, **self.authorities}

    def expected(self, dataset: str) -> tuple[str, ...]:
        """Codes that a whole release of a dataset must have."""
        return self.expected_areas.get(dataset, tuple(self.authorities.values()))

    def spelt_out(self, codes: Iterable[str]) -> list[str]:
        """Codes, with those of the place for the words `home` (its authorities) and `home_region`."""
        words = {"home": list(self.authorities.values()), "home_region": [self.region]}
        return [code for word in codes for code in words.get(word, [word])]

    def dbt_vars(self) -> dict[str, Any]:
        """What dbt_project.yml has as vars of the place."""
        return {
            "home_area": self.code,
            "home_region": self.region,
            "home_country": self.country,
            "lookalike_areas": list(self.lookalike_areas),
            "lookalike_members": dict(self.lookalike_members),
            "outside_lookalikes": list(self.outside_lookalikes),
            "home_also_called": list(self.also_called),
        }


def place() -> Place:
    """The place of this process. Raises CatalogueError with file and line where its file is wrong."""
    return load_place(Path(os.environ.get(VARIABLE) or DEFAULT).expanduser().resolve())


@cache
def load_place(path: Path) -> Place:
    try:
        text = path.read_text(encoding="utf-8")
        return Place.model_validate(yaml.safe_load(text))
    except OSError as error:
        raise CatalogueError(f"{path}: expected the file of a place ({VARIABLE}), found {error.strerror}") from error
    except yaml.YAMLError as error:
        raise CatalogueError(f"{path}: not valid YAML: {error}") from error
    except ValidationError as error:
        raise CatalogueError(explain(path, text, error)) from error
