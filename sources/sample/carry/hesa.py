"""HESA: tables of providers. No published file was at hand: all figures are invented."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from sources.sample.carry.files import SampleFile, csv_file
from sources.sample.carry.nomis import ILLUSTRATIVE_CITATION, ILLUSTRATIVE_NOTE, NOT_A_RELEASE

PROVIDERS = Path(__file__).resolve().parents[3] / "dbt_project/seeds/geography/he_providers.csv"
HEBCI_PAGE = "https://www.hesa.ac.uk/data-and-analysis/providers/business-community"
FINANCE_PAGE = "https://www.hesa.ac.uk/data-and-analysis/finances"
YEARS = ("2021/22", "2022/23")
PLACE = ("England", "North West")  # country and region of the provider
PROVIDER = ("UKPRN", "HE Provider", "Country of HE provider", "Region of HE provider")
SCALE = (40, 20, 4, 16, 2)  # by provider, in the order of the seed
SERVICES = ("Contract research", "Consultancy", "Facilities and equipment related")
PARTNERS = ("SME's", "Other (non-SME) commercial businesses", "Non-commercial organisations")
DISCLOSURES = (
    *("Number of disclosures", "Number of new patent applications filed in year", "Number of patents granted in year"),
    "Cumulative portfolio of active patents",
)
CATEGORIES = ("Tuition fees and education contracts", "Research grants and contracts", "Total income")


def sample_files(published: Path) -> list[SampleFile]:
    """The four tables of the survey and the one of finance; `published` is not asked, nothing of them is there."""
    del published
    return [
        _table(
            "hesa_hebci",
            "table-1",
            HEBCI_PAGE,
            ("Academic Year", "Source of public funding", "Type of income", "Value", "Unit"),
            [(year, "All", kind, 100, "£000s") for year, kind in product(YEARS, ("Public funding", "Total"))],
        ),
        _table(
            "hesa_hebci",
            "table-2a",
            HEBCI_PAGE,
            ("Academic Year", "Type of service", "Type of organisation", "Number/Value Marker", "Number/Value", "Unit"),
            [
                (year, service, partner, marker, value, unit)
                for year, service, partner in product(YEARS, SERVICES, PARTNERS)
                for marker, value, unit in (("Number", 1, "Count"), ("Value", 20, "£000s"))
            ],
        ),
        _table(
            "hesa_hebci",
            "table-4a",
            HEBCI_PAGE,
            ("Academic Year", "Type of disclosure or patent", "Value"),
            [(year, kind, 1) for year, kind in product(YEARS, DISCLOSURES)],
        ),
        _table(
            "hesa_hebci",
            "table-4d",
            HEBCI_PAGE,
            ("Academic Year", "Category Marker", "Value", "Unit"),
            [(year, "Total IP revenues", 10, "£000s") for year in YEARS],
        ),
        _table(
            "hesa_finance",
            "table-1",
            FINANCE_PAGE,
            ("Academic year", "Year End Month", "Category marker", "Category", "Value(£000s)"),
            [
                (year, month, "Income", category, 1_000)
                for year, category, month in product(YEARS, CATEGORIES, ("31 July", "All"))
            ],
        ),
    ]


def _table(
    dataset: str, name: str, page: str, columns: Sequence[str], rows: Sequence[Sequence[str | int]]
) -> SampleFile:
    """Rows of data about the file, then the header, then `rows` for every provider, numbers times its scale."""
    with PROVIDERS.open(encoding="utf-8", newline="") as seed:
        providers = [(row["ukprn"], row["provider_name"]) for row in csv.DictReader(seed)]
    data = [
        (*provider, *PLACE, *(scale * cell if isinstance(cell, int) else cell for cell in row))
        for provider, scale in zip(providers, SCALE, strict=True)
        for row in rows
    ]
    survey = dataset.removeprefix("hesa_")
    return SampleFile(
        dataset=dataset,
        file=f"hesa/{survey}_{name}.illustrative.csv",
        part=name if dataset == "hesa_hebci" else "",
        basis="illustrative",
        published=NOT_A_RELEASE,
        kind="excerpt",
        url=f"{page}/{name}.csv",
        citation=ILLUSTRATIVE_CITATION.replace("reply", "table"),
        note=ILLUSTRATIVE_NOTE,
        content=csv_file([*_above(name), (*PROVIDER, *columns), *data]),
    )


def _above(name: str) -> list[tuple[str, ...]]:
    """The eleven rows above a header."""
    return [
        ("Title:", f"ILLUSTRATIVE {name}"),
        ("Academic year:", " to ".join(YEARS)),
        ("Location:", "https://www.hesa.ac.uk/"),
        ("Data source:", "HESA"),
        *((f"Note {number}:", "invented") for number in range(1, 6)),
        ("Licence:", "Creative Commons Attribution 4.0 International"),
        (),
    ]
