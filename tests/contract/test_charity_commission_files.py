"""Charity Commission: two extracts are joined and counted while they are read; nothing of a charity is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from expectations.runner import Runner
from orchestration.ingest import Ingest
from sources.catalogue import load_catalogue
from sources.errors import PayloadError
from sources.landing import Landing
from sources.origins import MirrorOrigin, OriginSpec
from sources.raw import RawStore
from sources.sample.carry.charity_commission import charity, extracts
from sources.sample.carry.files import archive
from tests.reading import failed_checks, read

REGISTER = "charity_commission_register"
SIX = ("Halton", "Knowsley", "Liverpool City", "St Helens", "Sefton", "Wirral")
LIVERPOOL, SEFTON, HOME = "E08000012", "E08000014", "E47000004"


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


def register(path: Path, charities: Sequence[Mapping[str, Any]], operating: Mapping[int, Sequence[str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(archive(extracts(charities, operating)))
    return path


def counts(path: Path) -> dict[tuple[str, str], tuple[str, str]]:
    rows = read(REGISTER, path)["charities"]
    return {(row["area"], row["status"]): (row["charities"], row["members_found"]) for row in rows}


def test_charity_counts_once_in_the_area_whose_members_it_serves(tmp_path: Path) -> None:
    numbers = dict(enumerate(((name,) for name in SIX), start=1))
    path = register(
        tmp_path / "e.zip",
        [charity(number) for number in range(1, 9)],
        {**numbers, 7: ("Liverpool City", "Sefton", "Sefton"), 8: ("Kent",)},
    )
    found = counts(path)
    assert found[LIVERPOOL, "Registered"] == ("2", "1")
    assert found[SEFTON, "Registered"] == ("2", "1")
    assert found[HOME, "Registered"] == ("7", "6"), "seven charities, though the six counts add up to eight"
    assert found["Kent", "Registered"] == ("1", "1"), "a name that is not known stays a name"


def test_linked_charities_and_other_areas_do_not_count_and_removed_ones_count_apart(tmp_path: Path) -> None:
    path = register(
        tmp_path / "e.zip",
        [
            charity(1),
            charity(2, linked_charity_number=1),
            charity(3, charity_registration_status="Removed"),
        ],
        {1: ("Sefton",), 2: ("Sefton",), 3: ("Sefton",), 4: ("Sefton",)},
    )
    found = counts(path)
    assert {area: count for area, count in found.items() if area[0] == SEFTON} == {
        (SEFTON, "Registered"): ("1", "1"),
        (SEFTON, "Removed"): ("1", "1"),
    }
    assert found[HOME, "Registered"][1] == "1", "one of six members was found: no figure is made of it"


@pytest.mark.parametrize(
    ("members", "told"),
    [
        (("publicextract.charity.zip",), "input areas"),
        (("publicextract.charity_area_of_operation.zip",), "input charities"),
    ],
)
def test_one_extract_alone_is_refused(tmp_path: Path, members: Sequence[str], told: str) -> None:
    both = extracts([charity(1)], {1: ("Sefton",)})
    path = tmp_path / "e.zip"
    path.write_bytes(archive({name: both[name] for name in members}))
    with pytest.raises(PayloadError, match=told):
        read(REGISTER, path)


def test_error_quotes_no_record(tmp_path: Path) -> None:
    path = register(tmp_path / "e.zip", [charity(1, organisation_number="SECRET NAME")], {1: ("Sefton",)})
    with pytest.raises(PayloadError, match="JSON records as declared") as refused:
        read(REGISTER, path)
    assert "SECRET" not in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "failed"),
    [
        ({"charity_registration_status": "On hold"}, "status_accepted"),
        ({"date_of_extract": "1 January 2026"}, "extracted_on_matches_pattern"),
    ],
)
def test_contract_refuses_what_is_not_as_documented(
    tmp_path: Path, runner: Runner, changed: dict[str, str], failed: str
) -> None:
    path = register(tmp_path / "e.zip", [charity(1, **changed)], {1: ("Sefton",)})
    assert failed_checks(runner, REGISTER, "charities", path, relaxed=True) == [failed]


def test_extract_without_the_home_area_is_no_whole_one(tmp_path: Path, runner: Runner) -> None:
    path = register(tmp_path / "e.zip", [charity(1)], {1: ("Sefton",)})
    assert failed_checks(runner, REGISTER, "charities", path, relaxed=False) == ["row_count_in_band", "areas_present"]


def test_landing_keeps_counts_only(tmp_path: Path, runner: Runner) -> None:
    path = tmp_path / "mirror" / REGISTER / "extracts.zip"
    register(path, [charity(n, charity_name="SECRET TRUST") for n in range(1, 7)], dict(enumerate(zip(SIX), start=1)))
    (tmp_path / "mirror/mirror.yml").write_text(
        f"datasets:\n  {REGISTER}:\n    - {{files: '{REGISTER}/*.zip', kind: excerpt}}\n"
    )
    home = tmp_path / "home"
    ingest = Ingest(Landing(home / "landing"), RawStore(home / "raw"), lambda: runner)
    outcome = ingest.ingest(load_catalogue()[REGISTER], MirrorOrigin(OriginSpec("mirror", tmp_path / "mirror")))
    assert outcome.status == "ok", outcome.message
    assert {file.suffix for file in (home / "landing" / REGISTER).iterdir()} == {".parquet"}
    assert not any(b"SECRET" in file.read_bytes() for file in home.rglob("*") if file.is_file())
