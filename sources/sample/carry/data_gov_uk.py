"""data.gov.uk: replies of CKAN's action API in the documented shape. No reply was at hand: all entries are invented."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from sources.catalogue import SEEDS_DIR
from sources.sample.carry.files import SampleFile, archive
from sources.sample.carry.nomis import ILLUSTRATIVE_CITATION, ILLUSTRATIVE_NOTE, NOT_A_RELEASE, SCALE

OWN_LISTING = 3  # data sets of the combined authority itself
# Resources of entries in turn: a table, a document, a table and a map, a page.
FORMATS = (("CSV",), ("PDF",), ("CSV", "GeoJSON"), ("HTML",))


def sample_files(published: Path) -> list[SampleFile]:
    """Each publisher lists four data sets for each unit of its scale; two of them are machine-readable."""
    del published
    with (SEEDS_DIR / "geography" / "open_data_publishers.csv").open(encoding="utf-8", newline="") as file:
        scale = {row["slug"]: SCALE.get(row["area_code"], OWN_LISTING) for row in csv.DictReader(file)}
    members = {"organizations.json": reply(["another-publisher", *scale])}
    for slug, units in scale.items():
        entries = [entry(slug, number, FORMATS[number % len(FORMATS)]) for number in range(4 * units)]
        members[f"{slug}.001.json"] = page(entries)
    return [
        SampleFile(
            dataset="data_gov_uk_open_datasets",
            file="data_gov_uk/package_search.illustrative.zip",
            basis="illustrative",
            published=NOT_A_RELEASE,
            kind="excerpt",
            url="https://www.data.gov.uk/api/action/package_search",
            citation=ILLUSTRATIVE_CITATION,
            note=ILLUSTRATIVE_NOTE,
            content=archive(members),
        )
    ]


def reply(result: Any) -> bytes:
    return json.dumps({"help": "", "success": True, "result": result}).encode()


def page(entries: list[dict[str, Any]], count: int | None = None) -> bytes:
    return reply({"count": len(entries) if count is None else count, "results": entries})


def entry(slug: str, number: int, formats: tuple[str, ...], *, is_open: bool = True) -> dict[str, Any]:
    return {
        "name": f"illustrative-{slug}-{number}",
        "title": "ILLUSTRATIVE",
        "isopen": is_open,
        "license_title": "UK Open Government Licence (OGL)",
        "metadata_modified": "2026-01-01T00:00:00.000000",
        "organization": {"name": slug},
        "resources": [{"format": name, "url": ""} for name in formats],
    }
