"""HESA: tables in the form that code which reads them relies on, through the reader and the landing contract."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from expectations.runner import Runner
from sources.catalogue import load_catalogue
from sources.errors import PayloadError
from sources.sample.carry.hesa import PROVIDERS
from sources.sample.generate import SAMPLE_DIR
from tests.reading import failed_checks, read

HEBCI, FINANCE = "hesa_hebci", "hesa_finance"
FILES = {
    "collaborative_research": "hebci_table-1.illustrative.csv",
    "services": "hebci_table-2a.illustrative.csv",
    "disclosures_and_patents": "hebci_table-4a.illustrative.csv",
    "intellectual_property_income": "hebci_table-4d.illustrative.csv",
    "research_income": "finance_table-1.illustrative.csv",
}


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


def dataset_of(table: str) -> str:
    return FINANCE if table == "research_income" else HEBCI


def file_of(table: str) -> Path:
    return SAMPLE_DIR / "hesa" / FILES[table]


def rewritten(table: str, folder: Path, old: str, new: str) -> Path:
    text = file_of(table).read_text(encoding="utf-8")
    assert old in text
    path = folder / FILES[table]
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


@pytest.mark.parametrize("table", FILES)
def test_each_file_is_its_table_and_passes(runner: Runner, table: str) -> None:
    dataset = dataset_of(table)
    assert set(read(dataset, file_of(table))) == {table}
    assert failed_checks(runner, dataset, table, file_of(table), relaxed=True) == []
    # A whole release names all providers of the home area, and has more rows than an excerpt.
    assert all("row" in name for name in failed_checks(runner, dataset, table, file_of(table), relaxed=False))


def test_header_is_found_below_any_number_of_rows_about_the_file(tmp_path: Path) -> None:
    text = file_of("services").read_text(encoding="utf-8")
    path = tmp_path / FILES["services"]
    path.write_text("Title:,one row more\n" + text, encoding="utf-8")
    rows, expected = read(HEBCI, path)["services"], read(HEBCI, file_of("services"))["services"]
    assert len(rows) == len(expected)
    first = next(row for row in expected if row["ukprn"] == "10006842")
    assert first["provider_name"] == "The University of Liverpool"
    assert first["academic_year"] == "2021/22"
    assert first["_row_number"] == "13"
    assert rows[0]["_row_number"] == "14"


def test_totals_and_other_categories_are_left_out(tmp_path: Path) -> None:
    """A total of providers has no number; of income and expenditure research is read only."""
    path = rewritten("services", tmp_path, "10003945,", ",")
    assert {row["ukprn"] for row in read(HEBCI, path)["services"]} == {"10006842", "10003957", "10003956", "10003958"}
    income = read(FINANCE, file_of("research_income"))["research_income"]
    assert {row["category"] for row in income} == {"Research grants and contracts"}
    assert {row["year_end_month"] for row in income} == {"31 July", "All"}


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("services", ",Number,", ",Count,"),  # counts and money in one column
        ("services", "Consultancy", "Contract research"),  # a combination twice
        ("services", "2021/22", "2021"),
        ("services", "SME's", "Charities"),
        ("disclosures_and_patents", "Number of disclosures", "Spin-offs"),
        ("collaborative_research", ",200,", ",nil,"),
        ("intellectual_property_income", "10006842", "0114"),  # the agency's own number of a provider
        ("research_income", "Income", "Expenditure"),
        ("research_income", ",All,", ",31 July,"),
    ],
)
def test_contract_refuses(runner: Runner, tmp_path: Path, table: str, old: str, new: str) -> None:
    path = rewritten(table, tmp_path, old, new)
    assert failed_checks(runner, dataset_of(table), table, path, relaxed=True)


def test_provider_of_the_home_area_that_is_gone_is_refused_in_a_whole_release(runner: Runner, tmp_path: Path) -> None:
    path = rewritten("research_income", tmp_path, "10003958", "10007141")
    assert any("area" in name for name in failed_checks(runner, FINANCE, "research_income", path, relaxed=False))


def test_renamed_column_names_the_missing_one(tmp_path: Path) -> None:
    path = rewritten("services", tmp_path, "Number/Value Marker", "Measure")
    with pytest.raises(PayloadError, match=r"number_or_value \(Number/Value Marker\)"):
        read(HEBCI, path)


def test_licence_and_attribution_are_not_those_of_the_crown() -> None:
    for name in (HEBCI, FINANCE):
        dataset = load_catalogue()[name]
        assert dataset.licence == "CC-BY-4.0"
        assert "HESA (Jisc)" in dataset.attribution
        assert "Open Government Licence" not in dataset.attribution


def test_providers_that_a_whole_release_must_have_are_those_that_are_added_up() -> None:
    with PROVIDERS.open(encoding="utf-8", newline="") as seed:
        seeded = {row["ukprn"] for row in csv.DictReader(seed)}
    for name in (HEBCI, FINANCE):
        for table in load_catalogue()[name].tables:
            assert set(table.expect.areas) == seeded, table.name
