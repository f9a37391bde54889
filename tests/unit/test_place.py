"""The place is configuration: its files, what follows from them, and that no code names one."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import yaml

from orchestration import transform
from orchestration.home import DBT_PROJECT_DIR, PROJECT_ROOT
from sources.catalogue import CatalogueError, load_catalogue
from sources.place import DEFAULT, VARIABLE, load_place, place
from sources.raw import reader_fingerprint

PLACES = [DEFAULT, *sorted((PROJECT_ROOT / "places").glob("*.yml"))]
MANCHESTER = PROJECT_ROOT / "places" / "greater_manchester.yml"
# A code or name of the place that the project comes with; tests of text and codes use some as examples.
NAMES = re.compile(r"E4700000[14]|E12000002|E0800001[1-5]|E06000006|E11000002|E50000006|'Liverpool|merseyside")
EXAMPLES = {"text_becomes_numbers_codes_and_periods.sql"}


def seed(name: str) -> list[dict[str, str]]:
    with (DBT_PROJECT_DIR / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_without_a_word_it_is_the_place_of_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert place().code == "E47000004"
    assert transform.dbt_place() == []
    monkeypatch.setenv(VARIABLE, str(MANCHESTER))
    assert place().code == "E47000001"
    assert transform.dbt_place()[0] == "--vars"


def test_dbt_by_hand_builds_the_same_place() -> None:
    found = yaml.safe_load((DBT_PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    ours = load_place(DEFAULT).dbt_vars()
    assert {name: found[name] for name in ours} == ours


@pytest.mark.parametrize("path", PLACES, ids=lambda path: path.stem)
def test_members_and_names_are_those_of_the_seeds(path: Path) -> None:
    here = load_place(path)
    names = {row["area_code"]: row["area_name"] for row in seed("geography/areas")}
    members = {
        row["member_code"]
        for row in seed("geography/area_memberships")
        if row["parent_code"] == here.code and not row["valid_to"]
    }
    assert set(here.authorities.values()) == members
    assert {code: name for name, code in here.areas.items()} == {code: names[code] for code in here.areas.values()}
    assert {here.region, here.country, *here.lookalike_areas} <= set(names)
    assert set(here.expected_areas) <= set(load_catalogue())
    stands_for = {
        row["dataset"]: row["member_code"]
        for row in seed("geography/provider_memberships")
        if row["parent_code"] == here.code and row["member_code"] in here.lookalike_areas
    }
    assert stands_for == here.lookalike_members


def test_contracts_ask_for_the_authorities_of_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    demography, lait = (load_catalogue()[name] for name in ("ons_business_demography", "dfe_lait"))
    home, fingerprint = demography.expected_areas(demography.tables[0]), reader_fingerprint(demography)
    monkeypatch.setenv(VARIABLE, str(MANCHESTER))
    away = demography.expected_areas(demography.tables[0])
    assert (len(home), len(away)) == (6, 10)
    assert not set(home) & set(away)
    assert lait.expected_areas(lait.tables[0])[0] == "350"  # as the department has it
    # What was read for one place was not checked for another.
    assert reader_fingerprint(demography) != fingerprint


def test_requests_name_the_authorities_of_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(MANCHESTER))
    asked = place().spelt_out(["TYPE424", "home", "home_region"])
    assert asked == ["TYPE424", *(f"E080000{number:02}" for number in range(1, 11)), "E12000002"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"code": "Manchester"}, ":1: code: String should match pattern"),
        ({"colour": "blue"}, "colour: Extra inputs are not permitted"),
        ({"region": "E47000001"}, "E47000001 stands for more than one area"),
        ({"lookalike_members": {"dft_bus": "E11000009"}}, "names E11000009, which lookalike_areas does not"),
        ({"outside_lookalikes": ["E06000006"]}, "names E06000006, which authorities does not"),
    ],
)
def test_wrong_file_is_named(tmp_path: Path, change: dict[str, object], told: str) -> None:
    path = tmp_path / "wrong.yml"
    path.write_text(yaml.safe_dump(yaml.safe_load(MANCHESTER.read_text(encoding="utf-8")) | change, sort_keys=False))
    with pytest.raises(CatalogueError, match=re.escape(told)) as error:
        load_place(path)
    assert str(path) in str(error.value)


def test_absent_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none.yml"))
    with pytest.raises(CatalogueError, match=r"none\.yml: expected the file of a place \(OUTCOMES_PLACE\)"):
        place()


def test_no_contract_and_no_request_names_a_place() -> None:
    for dataset in load_catalogue().values():
        asked = [*getattr(dataset.discover, "geography", ())]
        asked += [
            area for table in dataset.tables for area in table.expect.areas if not isinstance(table.expect.areas, str)
        ]
        assert [code for code in asked if NAMES.search(code)] == [], dataset.dataset


def test_no_code_names_a_place() -> None:
    code = [
        path
        for folder in ("sources", "expectations", "orchestration", "dbt_project/models", "dbt_project/macros")
        for kind in ("py", "sql")
        for path in (PROJECT_ROOT / folder).rglob(f"*.{kind}")
        if "sample" not in path.parts
    ]
    code += [path for path in (DBT_PROJECT_DIR / "tests").glob("*.sql") if path.name not in EXAMPLES]
    assert len(code) > 150
    named = [
        f"{path.name}:{number}: {line.strip()}"
        for path in code
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if NAMES.search(re.sub(r"(--|#).*|\"\"\".*", "", line))
    ]
    assert named == []
