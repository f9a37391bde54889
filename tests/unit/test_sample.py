"""The bundled sample: complete index, honest basis, published figures as published, reproducible bytes."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from python_calamine import CalamineWorkbook

from sources.catalogue import load_catalogue
from sources.sample import generate

SAMPLE = Path(__file__).resolve().parents[2] / "sources" / "sample"
DATA_FOLDERS = sorted({dataset.publisher for dataset in load_catalogue().values()})
LCR = ("E06000006", "E08000011", "E08000012", "E08000013", "E08000014", "E08000015")
DATASETS = set(load_catalogue())
INDEX = yaml.safe_load((SAMPLE / "index.yml").read_text(encoding="utf-8"))["datasets"]
ENTRIES = [entry for entries in INDEX.values() for entry in entries]
NOMIS_COLUMNS = {
    "NM_17_5": 28,
    "NM_189_1": 40,
    "NM_142_1": 40,
    "NM_57_1": 28,
    "NM_31_1": 34,
    "NM_162_1": 40,
    "NM_2002_1": 34,
}
# Replies about one area, which is no authority: the city region as a whole, and a small area.
NOMIS_AREA = {"NM_189_1.classes.data.csv": "UKD7", "NM_189_1.lsoa.illustrative.data.csv": "E01033760"}


def files_in(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for name in DATA_FOLDERS
        for path in (folder / name).rglob("*")
        if path.is_file()
    }


def csv_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def sample_csv(file: str) -> list[dict[str, str]]:
    return csv_rows((SAMPLE / file).read_bytes())


def sheet(path: Path, name: str, limit: int = 1_000) -> list[list[Any]]:
    with CalamineWorkbook.from_path(path) as book:
        return book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=limit)


def by_code(rows: list[list[Any]], column: int = 0) -> dict[str, list[Any]]:
    return {str(row[column]).strip(): row for row in rows}


def same_cells(ours: list[Any], theirs: list[Any]) -> bool:
    """Equal text, numbers equal to the 15 digits that a spreadsheet shows."""
    return all(
        a == (pytest.approx(b, rel=1e-15) if isinstance(b, float) else b)
        for a, b in zip(ours[: len(theirs)], theirs, strict=True)
    )


def fingerprint(content: bytes) -> object:
    """What a file holds, whichever compression library wrote its archive."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return hashlib.sha256(content).hexdigest()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(member, fingerprint(archive.read(member))) for member in archive.namelist()]


# The index


def test_index_lists_every_dataset_and_exactly_the_files_that_are_there() -> None:
    assert set(INDEX) == DATASETS
    assert sorted(entry["file"] for entry in ENTRIES) == sorted(files_in(SAMPLE))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_every_file_says_its_basis_and_where_its_figures_come_from(entry: dict[str, Any]) -> None:
    assert set(entry) == {"file", "part", "basis", "published", "kind", "url", "citation", "note"}
    assert entry["url"].startswith("https://")
    assert entry["kind"] in {"whole", "excerpt", "reconstructed"}
    if entry["basis"] == "illustrative":
        assert ".illustrative." in entry["file"]
        assert entry["citation"].startswith("none: invented")
        assert entry["published"].isoformat() == "2026-01-01"
    else:
        assert entry["basis"] == "published"
        assert ".illustrative." not in entry["file"]
        assert len(entry["citation"]) > len("Office for National Statistics, ")


def test_a_part_of_a_dataset_has_one_file() -> None:
    parts = [(dataset, entry["part"]) for dataset, entries in INDEX.items() for entry in entries]
    assert len(parts) == len(set(parts))


def test_sample_is_small() -> None:
    sizes = {file: (SAMPLE / file).stat().st_size for file in files_in(SAMPLE)}
    assert max(sizes.values()) <= 400_000
    assert sum(sizes.values()) < 3_000_000


# Figures that the world knows


def test_emissions_of_2024_are_the_published_sector_totals() -> None:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for row in sample_csv("desnz/2005-24-local-authority-ghg-emissions-csv-dataset.csv"):
        if row["Calendar Year"] == "2024":
            totals[row["LA GHG Sector"]] += Decimal(row["Territorial emissions (kt CO2e)"])
    # Domestic is 1,707.250 exactly: half up, as published figures are rounded.
    shown = {name: str(total.quantize(Decimal("0.1"), ROUND_HALF_UP)) for name, total in totals.items()}
    assert {name: shown[name] for name in ("Transport", "Domestic", "Industry", "Commercial")} == {
        "Transport": "1928.3",
        "Domestic": "1707.3",
        "Industry": "1140.1",
        "Commercial": "653.4",
    }


def test_eco_households_births_and_active_enterprises() -> None:
    eco = by_code(sheet(SAMPLE / "desnz/Headline_HEE_tables_February_2026.xlsx", "T4.4"))
    assert sum(eco[code][4] for code in LCR) == 102_228
    assert eco["E11000002"][4] == 94_173  # the former county, without Halton
    workbook = SAMPLE / "ons/businessdemographyexceltables2024.xlsx"
    births, active = (by_code(sheet(workbook, name)) for name in ("Table 1.1d", "Table 3.1d"))
    assert sum(births[code][2] for code in LCR) == 6_045
    assert sum(active[code][2] for code in LCR) == 47_450


def test_home_area_in_explore_local_statistics() -> None:
    values = {
        (row["indicator"], row["period"]): row["value"]
        for row in sample_csv("ons/all-datasets.csv")
        if row["areacd"] == "E47000004"
    }
    assert round(float(values["gross-value-added-per-hour-worked", "2023-01-01/P1Y"]), 2) == 37.33
    assert round(float(values["healthy-life-expectancy-male", "2022-01-01/P3Y"]), 1) == 56.9


def test_gva_workbook_names_its_measure_in_the_title_row() -> None:
    path = SAMPLE / "ons/regionalgvabalancedbyindustrylocalauthoritiesnorthwest.xlsx"
    rows = sheet(path, "Table 3")
    assert "current price" in rows[0][0]
    assert rows[1][:5] == ["ITL region", "LA code", "LA name", "SIC07", "SIC07 description"]
    year = rows[1].index(2023)
    assert sum(row[year] for row in rows[2:] if row[1] in LCR and row[3] == "Total") == 43_315


def test_ofcom_zip_has_a_folder_and_a_nested_zip_and_adds_up() -> None:
    with zipfile.ZipFile(SAMPLE / "ofcom/202507_fixed_broadband_coverage_r01.zip") as outer:
        everyone_name, nested_name = outer.namelist()
        everyone = csv_rows(outer.read(everyone_name))
        with zipfile.ZipFile(io.BytesIO(outer.read(nested_name))) as nested:
            residential = csv_rows(nested.read("202507_fixed_laua_res_coverage_r01.csv"))
    assert everyone_name.count("/") == 1
    columns = ("Number of premises with Gigabit availability", "All Premises")
    every, home = (
        [sum(int(row[column]) for row in rows if row["laua"] in LCR) for column in columns]
        for rows in (everyone, residential)
    )
    assert round(100 * every[0] / every[1], 2) == 90.67
    assert round(100 * (every[0] - home[0]) / (every[1] - home[1]), 2) == 64.24


def test_lookup_reply_has_six_authorities_of_the_home_area() -> None:
    reply = json.loads((SAMPLE / "ons/LAD25_CAUTH25_EN_LU.json").read_text(encoding="utf-8"))
    rows = [feature["attributes"] for feature in reply["features"]]
    assert {row["LAD25CD"] for row in rows if row["CAUTH25CD"] == "E47000004"} == set(LCR)
    assert len({row["CAUTH25CD"] for row in rows}) == 15


# Formats and invented figures


@pytest.mark.parametrize("file", sorted(file for file in files_in(SAMPLE) if file.startswith("nomis/")))
def test_nomis_reply_is_whole_and_quoted_as_nomis_quotes(file: str) -> None:
    rows = sample_csv(file)
    name = file.removeprefix("nomis/")
    area = NOMIS_AREA.get(name)
    assert len(rows[0]) == NOMIS_COLUMNS[name.split(".")[0]]
    assert {row["RECORD_COUNT"] for row in rows} == {str(len(rows))}
    assert [row["RECORD_OFFSET"] for row in rows] == [str(n) for n in range(len(rows))]
    assert ({area} if area else set(LCR)) <= {row["GEOGRAPHY_CODE"] for row in rows}
    assert all((row["OBS_VALUE"] == "") == (row["OBS_STATUS"] != "A") for row in rows)
    first_lines = (SAMPLE / file).read_text(encoding="utf-8").split("\n")[:2]
    assert first_lines[0].startswith('"DATE","DATE_NAME"')
    assert first_lines[1].count(f'"date",0,0,"{area or LCR[0]}"') == 1


@pytest.mark.parametrize("dataset", ["NM_189_1", "NM_142_1", "NM_57_1", "NM_31_1", "NM_162_1", "NM_142_1.classes"])
def test_invented_counts_are_plainly_multiples_of_one_scale(dataset: str) -> None:
    counts: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for row in sample_csv(f"nomis/{dataset}.illustrative.data.csv"):
        codes = [value for name, value in row.items() if name.endswith("_CODE") and "GEOGRAPHY" not in name]
        counts[tuple(codes)][row["GEOGRAPHY_CODE"]] = float(row["OBS_VALUE"])
    for areas in counts.values():
        halton, liverpool = areas["E06000006"], areas["E08000012"]
        if halton >= 100:
            assert halton % 100 == 0
            assert liverpool == 4 * halton
        else:
            assert liverpool == halton


def test_published_and_invented_survey_periods_do_not_meet() -> None:
    published, invented = (
        {row["DATE_CODE"] for row in sample_csv(f"nomis/NM_17_5.{name}csv")} for name in ("data.", "illustrative.data.")
    )
    assert max(published) == "2023-12"
    assert invented == {"2024-12"}


def test_invented_renewables_hide_cells_that_their_total_includes() -> None:
    path = SAMPLE / "desnz/Renewable_electricity_by_local_authority_2014_-_2024.illustrative.xlsx"
    wirral = by_code(sheet(path, "LA - Generation, 2024"))["E08000015"]
    assert wirral.count("[X]") == 2
    assert wirral[-1] > sum(cell for cell in wirral[5:-1] if cell != "[X]")


# Against the real files


@pytest.mark.published
def test_writing_the_sample_again_gives_the_same_files(published_dir: Path, tmp_path: Path) -> None:
    first = generate.write_sample(published_dir, tmp_path)
    again = generate.sample_files(published_dir)
    assert [file.content for file in first] == [file.content for file in again]
    assert files_in(tmp_path) == files_in(SAMPLE)
    for file in first:
        assert fingerprint(file.content) == fingerprint((SAMPLE / file.file).read_bytes()), file.file
    assert (tmp_path / "index.yml").read_bytes() == (SAMPLE / "index.yml").read_bytes()


@pytest.mark.published
def test_workbook_rows_of_the_home_area_equal_the_real_ones(published_dir: Path) -> None:
    pairs = {
        "ons/businessdemographyexceltables2024.xlsx": (
            "ons/business_demography/businessdemographyexceltables2024.xlsx",
            [f"Table {n}.1{letter}" for n in (1, 2, 3) for letter in "abcd"]
            + [f"Table 5.1{letter}" for letter in "abcde"],
        ),
        "ons/uklocalauthorityhousebuilding.xlsx": (
            "ons/house_building/uklocalauthorityhousebuilding.hssn20.xlsx",
            ["UK_Starts", "UK_Completions"],
        ),
        "desnz/Headline_HEE_tables_February_2026.xlsx": (
            "desnz/household_energy_efficiency/Headline_HEE_tables_February_2026.xlsx",
            ["T4.4"],
        ),
    }
    for file, (real, sheets) in pairs.items():
        for name in sheets:
            ours, theirs = by_code(sheet(SAMPLE / file, name)), by_code(sheet(published_dir / real, name))
            for code in LCR:
                assert same_cells(ours[code], theirs[code]), (file, name, code)


@pytest.mark.published
def test_survey_cells_equal_the_values_known_from_elsewhere(published_dir: Path) -> None:
    real = {
        (row["DATE_CODE"], row["GEOGRAPHY_CODE"], row["VARIABLE"], row["MEASURES"]): row["OBS_VALUE"]
        for path in sorted((published_dir / "nomis/reconstructed").glob("NM_17_5_*.csv"))
        for row in csv_rows(path.read_bytes())
        if row["GEOGRAPHY_CODE"] in LCR and row["DATE_CODE"].endswith("-12")
    }
    ours = {
        (row["DATE_CODE"], row["GEOGRAPHY_CODE"], row["VARIABLE"], row["MEASURES"]): row["OBS_VALUE"]
        for row in sample_csv("nomis/NM_17_5.data.csv")
    }
    assert len(ours) == 600
    assert ours == {key: real[key] for key in ours}


@pytest.mark.published
def test_bulk_rows_equal_the_rows_of_the_indicator_files(published_dir: Path) -> None:
    folder = published_dir / "ons/explore_local_statistics"
    labels = {
        row["slug"]: (row["dataset"], row["code"])
        for row in csv_rows((published_dir / "ons/explore_local_statistics_app/manifest_metadata.csv").read_bytes())
    }
    real = {
        (path.stem, row["indicator"], row["areacd"], row["period"]): (
            row["observation"],
            row["lci_95"],
            row["uci_95"],
            row["status"],
        )
        for path in sorted(folder.glob("*.csv"))
        for row in csv_rows(path.read_bytes())
    }
    rows = sample_csv("ons/all-datasets.csv")
    for row in rows:
        figures = (row["value"], row["lci_95"], row["uci_95"], row["status"])
        assert real[*labels[row["indicator"]], row["areacd"], row["period"]] == figures
    assert {labels[row["indicator"]] for row in rows} == {(key[0], key[1]) for key in real}
