"""Charity Commission: extracts of the register in the documented shape. None was at hand: all of it is invented."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sources.sample.carry.files import SampleFile, archive
from sources.sample.carry.nomis import ILLUSTRATIVE_CITATION, ILLUSTRATIVE_NOTE, NOT_A_RELEASE, SCALE
from sources.sample.carry.published import home_authorities

WRITTEN = {"Liverpool": "Liverpool City"}  # how the register writes an authority where it differs
PER_UNIT = 10
BOTH = 2  # of ten charities so many operate in Liverpool as well


def sample_files(published: Path) -> list[SampleFile]:
    """Ten charities for each unit of an authority's scale; two of them operate in Liverpool as well."""
    operating: dict[int, list[str]] = {}
    for code, name in home_authorities(published).items():
        for number in range(PER_UNIT * SCALE[code]):
            elsewhere = ["Liverpool City"] if number % PER_UNIT < BOTH and name != "Liverpool" else []
            operating[len(operating) + 1] = [WRITTEN.get(name, name), *elsewhere]
    return [
        SampleFile(
            dataset="charity_commission_register",
            file="charity_commission/publicextract.illustrative.zip",
            basis="illustrative",
            published=NOT_A_RELEASE,
            kind="excerpt",
            url="https://register-of-charities.charitycommission.gov.uk/register/full-register-download",
            citation=ILLUSTRATIVE_CITATION.replace("reply", "extract"),
            note=ILLUSTRATIVE_NOTE,
            content=archive(extracts(map(charity, operating), operating)),
        )
    ]


def charity(number: int, **changed: Any) -> dict[str, Any]:
    said = {
        "date_of_extract": "2026-01-01T00:00:00",
        "organisation_number": number,
        "registered_charity_number": number,
        "linked_charity_number": 0,
        "charity_name": "ILLUSTRATIVE",
        "charity_registration_status": "Registered",
    }
    return said | changed


def extracts(charities: Iterable[Mapping[str, Any]], operating: Mapping[int, Iterable[str]]) -> dict[str, bytes]:
    """The two extracts, each a zip of one array; `operating`: authorities by organisation number."""
    areas = [
        {
            "date_of_extract": "2026-01-01T00:00:00",
            "organisation_number": number,
            "geographic_area_type": "Local Authority",
            "geographic_area_description": name,
        }
        for number, names in operating.items()
        for name in names
    ]
    return {
        "publicextract.charity.zip": _extract("publicextract.charity.json", list(charities)),
        "publicextract.charity_area_of_operation.zip": _extract("publicextract.charity_area_of_operation.json", areas),
    }


def _extract(member: str, records: list[Any]) -> bytes:
    return archive({member: json.dumps(records).encode("utf-8-sig")})
