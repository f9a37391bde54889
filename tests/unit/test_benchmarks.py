"""The benchmarks measure what they say: generated files are such as publishers give, and what should be equal is."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyarrow import csv as pacsv

from benchmarks.comparing import differing, differing_emissions
from benchmarks.growth import EMISSIONS, POSTCODES, Generated, generate
from sources.catalogue import Dataset, iter_catalogue
from sources.readers import SourceFile, read_release

YEARS = (2024, 2024)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    return generate(tmp_path_factory.mktemp("growth"), 2, postcodes=1_210, years=YEARS)


@pytest.fixture(scope="module")
def catalogue(generated: Generated) -> dict[str, Dataset]:
    return {dataset.dataset: dataset for dataset in iter_catalogue(generated.catalogue)}


def file_of(generated: Generated, dataset: str) -> Path:
    (path,) = (generated.mirror / dataset).iterdir()
    return path


@pytest.mark.parametrize(("dataset", "table", "key"), [(EMISSIONS, "emissions", 9), (POSTCODES, "postcodes", 1)])
def test_generated_files_are_read_by_the_readers_of_the_catalogue(
    generated: Generated, catalogue: dict[str, Dataset], dataset: str, table: str, key: int
) -> None:
    path = file_of(generated, dataset)
    rows = read_release(catalogue[dataset], [SourceFile(path.name, path, "f" * 64)], "r")[table]
    assert rows.num_rows == generated.rows[dataset]
    expected = next(item for item in catalogue[dataset].tables if item.name == table).expect
    assert len(expected.key) == key
    assert rows.group_by(list(expected.key)).aggregate([]).num_rows == rows.num_rows
    assert set(catalogue[dataset].expected_areas(catalogue[dataset].tables[-1])) <= set(
        rows.column(2 if key == 1 else 6).to_pylist()
    )


def test_sizes_are_multiples_of_what_is_published(generated: Generated, catalogue: dict[str, Dataset]) -> None:
    assert generated.rows[POSTCODES] == 2 * 1_210
    assert generated.rows[EMISSIONS] % (2 * 3) == 0
    assert catalogue[EMISSIONS].tables[1].expect.rows == (1, generated.rows[EMISSIONS])


def facts(path: Path, *values: float) -> Path:
    with duckdb.connect(path) as con:
        con.execute("create schema mart")
        con.execute("create table mart.fct_observation (indicator_id varchar, obs_value double)")
        con.executemany("insert into mart.fct_observation values ('a', ?)", [[value] for value in values])
    return path


def test_a_wrong_fact_is_seen(tmp_path: Path) -> None:
    one = facts(tmp_path / "one.duckdb", 1, 2, 2)
    assert differing(one, facts(tmp_path / "same.duckdb", 2, 1, 2)) == (3, 0)
    assert differing(one, facts(tmp_path / "wrong.duckdb", 1, 2, 3)) == (3, 2)
    assert differing(one, facts(tmp_path / "fewer.duckdb", 1, 2)) == (3, 1)


def test_emissions_that_are_not_the_sums_of_the_file_are_seen(generated: Generated, tmp_path: Path) -> None:
    file = file_of(generated, EMISSIONS)
    figure = "Territorial emissions (kt CO2e)"
    kept = ["Local Authority Code", "LA GHG Sector", "Calendar Year", figure]
    types = {figure: pa.decimal128(30, 10), "Calendar Year": pa.string()}
    rows = pacsv.read_csv(file, convert_options=pacsv.ConvertOptions(include_columns=kept, column_types=types))
    rows = rows.filter(pc.not_equal(rows.column(0), "")).group_by(kept[:3]).aggregate([(figure, "sum")])
    mart = tmp_path / "outcomes.duckdb"
    with duckdb.connect(mart) as con:
        con.execute("create schema mart")
        con.register("rows", rows)
        con.execute(f"""
            create table mart.fct_observation as
            select 'emissions_' || replace(lower("LA GHG Sector"), ' ', '_') as indicator_id,
                "Local Authority Code" as ref_area, "Calendar Year" || '-01-01/P1Y' as time_period,
                "{figure}_sum"::double as obs_value, '{EMISSIONS}' as dataset, 'published' as value_origin
            from rows""")
    assert differing_emissions(mart, file) == 0
    with duckdb.connect(mart) as con:
        con.execute("update mart.fct_observation set obs_value = 0 where ref_area = 'E08000012'")
    assert differing_emissions(mart, file) == 2 * 8
