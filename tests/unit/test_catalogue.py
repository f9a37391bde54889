"""The catalogue refuses what it does not understand, and says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from sources.catalogue import CATALOGUE_DIR, CatalogueError, load_catalogue, load_dataset

GOOD = """\
dataset: toy_things
publisher: toy
title: Things
description: Things by area.
attribution: Toy office
landing_page: https://example.org/things
cadence: P1Y
whole_series: true
verified: false
media: csv
discover:
  method: els_bulk
  url: https://example.org/things.csv
  metadata_url: https://example.org/things.json
tables:
  - name: things
    format: csv
    columns:
      code: Area code
      value: [Value, Amount]
    expect:
      rows: [1, 10]
"""


def write(folder: Path, text: str) -> Path:
    (folder / "toy").mkdir(exist_ok=True)
    path = folder / "toy" / "toy_things.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_a_good_file(tmp_path: Path) -> None:
    dataset = load_dataset(write(tmp_path, GOOD))
    assert dataset.table_names == ("things",)
    assert dataset.tables[0].columns["value"].names == ("Value", "Amount")
    assert dataset.tables[0].column_names == ("code", "value")


@pytest.mark.parametrize(
    ("wrong", "line", "says"),
    [
        (GOOD.replace("cadence: P1Y", "cadence: yearly"), 7, "cadence"),
        (GOOD.replace("    format: csv", "    formatt: csv"), 17, "formatt"),
        (GOOD.replace("method: els_bulk", "method: guess"), 11, "guess"),
        (GOOD.replace("rows: [1, 10]", "areas: home"), 21, "area_column"),
        (GOOD.replace("code: Area code", "code: {pattern: '('}"), 19, "not a regular expression"),
    ],
)
def test_names_file_and_line_of_a_mistake(tmp_path: Path, wrong: str, line: int, says: str) -> None:
    path = write(tmp_path, wrong)
    with pytest.raises(CatalogueError) as caught:
        load_dataset(path)
    message = str(caught.value)
    assert says in message
    assert f"toy_things.yml:{line}:" in message


def test_file_must_say_what_its_place_says(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("dataset: toy_things", "dataset: toy_thing"))
    with pytest.raises(CatalogueError, match="expected dataset 'toy_things'"):
        load_dataset(path)


def test_every_dataset_of_the_project_is_well_described() -> None:
    catalogue = load_catalogue(CATALOGUE_DIR)
    assert len(catalogue) >= 18
    for dataset in catalogue.values():
        assert dataset.landing_page.startswith("https://"), dataset.dataset
        # What has not been seen is said, with what is missing.
        assert dataset.verified or dataset.verified_note, dataset.dataset
        assert any(table.expect.key for table in dataset.tables), dataset.dataset
