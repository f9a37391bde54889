"""Two releases that follow one another: what of the difference in form is absorbed, and what is not."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from sources.catalogue import Dataset
from sources.drift import Drift, Fingerprint, drifts_of_release, fingerprints, schema_hash
from sources.readers import SourceFile, read_release
from tests.reading import toy_dataset

Rows = list[list[str]]

LIVERPOOL, SEFTON, ENGLAND, BRISTOL = "E08000012", "E08000014", "E92000001", "E06000023"
NO_LONGER, NOT_COMPARED = "E07000026", "W11000023"  # Allerdale, ended in 2023; a Welsh health board
AREAS = (LIVERPOOL, SEFTON, ENGLAND, NO_LONGER, NOT_COMPARED)
HEADER = ["Area code", "Year", "Sector", "Emissions (kt CO2e) [note 1]", "Notes", "Population"]


def dataset(**expect: Any) -> Dataset:
    table = {
        "name": "emissions",
        "format": "csv",
        "columns": {
            "area_code": {"pattern": "^area code$"},
            "year": ["Year", "Calendar year"],
            "sector": "Sector",
            "emissions": {"pattern": "^(territorial )?emissions "},
            "population": {"names": ["Population"], "optional": True},
        },
        "expect": {"area_column": "area_code", "period_column": "year", "categories": ["sector"]} | expect,
    }
    return toy_dataset("toy_emissions", table)


def rows(years: tuple[str, ...] = ("2020", "2021", "2022")) -> Rows:
    return [
        HEADER,
        *(
            [area, year, sector, f"{at + 1}.5", "", "1000"]
            for year in years
            for at, area in enumerate(AREAS)
            for sector in ("Transport", "Domestic")
        ),
    ]


def form_of(described: Dataset, path: Path) -> dict[str, Fingerprint]:
    tables = read_release(described, [SourceFile(path.name, path, "f" * 64)], "r")
    return fingerprints(described, {name: [rows] for name, rows in tables.items()})


@pytest.fixture
def form(tmp_path: Path) -> Callable[..., dict[str, Fingerprint]]:
    """The form of a release that holds these rows."""

    def of(content: Rows, found: Dataset | None = None) -> dict[str, Fingerprint]:
        path = tmp_path / "emissions.csv"
        text = io.StringIO()
        csv.writer(text).writerows(content)
        path.write_text(text.getvalue(), encoding="utf-8")
        declared = found or dataset()
        return form_of(declared, path)

    return of


def headed(old: str, new: str) -> Callable[[Rows], Rows]:
    return lambda content: [[new if cell == old else cell for cell in content[0]], *content[1:]]


def cells(change: Mapping[str, str]) -> Callable[[Rows], Rows]:
    return lambda content: [content[0], *([change.get(cell, cell) for cell in row] for row in content[1:])]


def without(text: str) -> Callable[[Rows], Rows]:
    return lambda content: [row for row in content if text not in row]


def without_column(at: int) -> Callable[[Rows], Rows]:
    return lambda content: [row[:at] + row[at + 1 :] for row in content]


def with_column(name: str) -> Callable[[Rows], Rows]:
    return lambda content: [[*content[0], name], *([*row, "x"] for row in content[1:])]


def turned(content: Rows) -> Rows:
    return [[row[1], row[0], *row[2:]] for row in content]


def without_emissions(content: Rows) -> Rows:
    return [content[0], *([*row[:3], "[x]", *row[4:]] for row in content[1:])]


ABSORBED = {
    "notes and case in a header": (headed(HEADER[3], "EMISSIONS (kt CO2e)"), "header text"),
    "another name of a column": (headed("Year", "Calendar Year"), "header text"),
    "white space in a header": (headed("Area code", "Area\n code "), "header text"),
    "other order": (turned, "column order"),
    "new column": (with_column("Region"), "new column"),
    "unused column gone": (without_column(4), "unused column gone"),
    "optional column gone": (without_column(5), "optional column gone"),
    "area that has ended is gone": (without(NO_LONGER), "areas gone"),
    "area that nothing is compared with is gone": (without(NOT_COMPARED), "areas gone"),
    "new area": (cells({NO_LONGER: BRISTOL}), "areas new"),
    "no numbers in an optional column": (cells({"1000": "[x]"}), "kind of column"),
    "first period gone": (without("2020"), "periods withdrawn"),
    "newest period taken back": (without("2022"), "periods withdrawn"),
    "new category": (lambda content: [*content, [LIVERPOOL, "2022", "Waste", "1", "", "1000"]], "sector new"),
    "new marker": (cells({"1.5": "[c]"}), "new marker"),
}
REFUSED = {
    "another unit": (headed(HEADER[3], "Emissions (Mt CO2e)"), "unit in header", r"'Emissions \(Mt CO2e\)'"),
    "no numbers": (without_emissions, "kind of column", "text"),
    "renamed category": (cells({"Domestic": "Homes"}), "sector gone", "only new: 'Homes'"),
    "lost area": (without(SEFTON), "areas gone", "not there"),
    "lost country": (without(ENGLAND), "areas gone", "not there"),
    "period gap": (without("2021"), "gap in periods", "not there"),
    "years skipped": (lambda _: rows(("2024", "2025")), "gap in periods", "not there"),
}


def severities(found: list[Drift], what: str) -> list[str]:
    return [drift.severity for drift in found if drift.what == what]


@pytest.mark.parametrize(("change", "what"), ABSORBED.values(), ids=ABSORBED)
def test_cosmetic_drift_is_reported_and_absorbed(
    form: Callable[..., dict[str, Fingerprint]], change: Callable[[Rows], Rows], what: str
) -> None:
    found = drifts_of_release(dataset(), form(rows()), form(change(rows())))
    assert severities(found, what) == ["cosmetic"]
    assert {drift.severity for drift in found} == {"cosmetic"}


@pytest.mark.parametrize(("change", "what", "says"), REFUSED.values(), ids=REFUSED)
def test_meaningful_drift_is_told_apart(
    form: Callable[..., dict[str, Fingerprint]], change: Callable[[Rows], Rows], what: str, says: str
) -> None:
    found = drifts_of_release(dataset(), form(rows()), form(change(rows())))
    (drift,) = [drift for drift in found if drift.severity == "meaningful"]
    assert drift.what == what
    assert drift.place == "sources/catalogue/toy/toy_emissions.yml"
    assert re.search(says, drift.found)


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        (headed(HEADER[3], "Emissions (Mt CO2e)"), HEADER[3]),
        (without_emissions, "emissions"),
        (cells({"Domestic": "Homes"}), "Domestic"),
        (without(SEFTON), SEFTON),
        (without("2021"), "2021"),
    ],
)
def test_what_may_go_is_absorbed(
    form: Callable[..., dict[str, Fingerprint]], change: Callable[[Rows], Rows], gone: str
) -> None:
    found = drifts_of_release(dataset(may_go=[gone]), form(rows()), form(change(rows())))
    assert {drift.severity for drift in found} == {"cosmetic"}


def test_the_same_form_differs_in_nothing(form: Callable[..., dict[str, Fingerprint]]) -> None:
    later = cells({"1.5": "2.5", "1000": "1001"})(rows(("2020", "2021", "2022", "2023")))
    assert drifts_of_release(dataset(), form(rows()), form(later)) == []
    assert schema_hash(form(rows())) == schema_hash(form(later))
    assert schema_hash(form(rows())) != schema_hash(form(turned(rows())))


def test_notes_of_periods_come_and_go(form: Callable[..., dict[str, Fingerprint]]) -> None:
    before, now = rows(("2020", "2021", "2022 (prov)")), rows(("2020 [r]", "2021", "2022 (final)", "2023 (prov)"))
    assert drifts_of_release(dataset(), form(before), form(now)) == []


def test_fingerprint_is_the_same_when_stored(form: Callable[..., dict[str, Fingerprint]]) -> None:
    found = form(without_emissions(rows()))["emissions"]
    assert Fingerprint.from_dict(found.to_dict()) == found
    assert found.headers == ("Area code", "Year", "Sector", HEADER[3], "Notes", "Population")
    assert found.header_of["emissions"] == HEADER[3]
    assert found.kinds == {
        "area_code": "text", "year": "number", "sector": "text", "emissions": "text", "population": "number"
    }  # fmt: skip
    assert found.areas == tuple(sorted(AREAS))
    assert found.rows == 30


def test_sheets_are_compared_without_their_years(tmp_path: Path) -> None:
    table = {"name": "t", "format": "workbook", "sheet": ".*", "columns": {"code": "Area code", "value": "Value"}}
    found = toy_dataset("toy_t", table)

    def sheet(name: str) -> dict[str, Fingerprint]:
        path = tmp_path / "t.xlsx"
        with xlsxwriter.Workbook(path) as book:
            page = book.add_worksheet(name)
            page.write_row(0, 0, ["Area code", "Value"])
            page.write_row(1, 0, [LIVERPOOL, 1])
        return form_of(found, path)

    assert drifts_of_release(found, sheet("Table 1 2024"), sheet("table 1 2025")) == []
    (drift,) = drifts_of_release(found, sheet("Table 1 2024"), sheet("Local authorities"))
    assert (drift.what, drift.severity) == ("sheet names", "cosmetic")
