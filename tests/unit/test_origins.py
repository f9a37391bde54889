"""The `--from` switch and the index of a mirror."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sources.catalogue import load_catalogue
from sources.errors import NothingFoundError
from sources.landing import Landing
from sources.origins import OriginError, open_origin, parse, unused_entries
from sources.release import Payload


def mirror(folder: Path) -> list[Payload]:
    origin = open_origin(parse(f"mirror:{folder}"), Landing(folder / "landing"), None)
    dataset = load_catalogue()["ons_explore_local_statistics"]
    return [item for item in origin.payloads(dataset, folder) if isinstance(item, Payload)]


@pytest.mark.parametrize("text", ["", "mirror:", "mirror:/no/such/folder", "internet"])
def test_unusable_switch_is_said_plainly(text: str) -> None:
    with pytest.raises(OriginError, match="expected"):
        parse(text)


def test_mirror_index_gives_kind_part_and_dates(tmp_path: Path) -> None:
    (tmp_path / "ons").mkdir()
    (tmp_path / "ons" / "gross-value-added.csv").write_text("x")
    (tmp_path / "ons" / "gross-value-added.json").write_text('{"a": {"sourceDate": "19/06/2025|19/06/2025"}}')
    (tmp_path / "ons" / "claimant-count.2026-01-20_abc.csv").write_text("y")
    (tmp_path / "mirror.yml").write_text(
        "datasets:\n"
        "  ons_explore_local_statistics:\n"
        "    - {files: ons/gross*.csv, kind: whole, published: from_json_sourceDate, retrieved: 2026-06-26}\n"
        "    - {files: ons/claimant*.csv, kind: excerpt, published: 2026-01-20}\n"
        "  somebody_elses: []\n"
    )
    gva, claimants = mirror(tmp_path)
    assert (gva.part, gva.kind, gva.published_at) == ("gross-value-added", "whole", dt.date(2025, 6, 19))
    assert gva.retrieved_at.date() == dt.date(2026, 6, 26)
    assert (claimants.part, claimants.kind) == ("claimant-count", "excerpt")
    origin = open_origin(parse(f"mirror:{tmp_path}"), Landing(tmp_path / "landing"), None)
    assert unused_entries(origin, load_catalogue()) == ["somebody_elses"]


@pytest.mark.parametrize(
    ("note", "revised"),
    [
        ("last modified on 18/06/2026 at 17:05", dt.date(2026, 6, 18)),
        ("last modified on 81/12/2025 at 15:24", None),  # as published with one indicator
        ("", None),
    ],
)
def test_file_changed_after_its_release_date_keeps_both_dates(
    tmp_path: Path, note: str, revised: dt.date | None
) -> None:
    (tmp_path / "gross-value-added.csv").write_text("x")
    (tmp_path / "gross-value-added.json").write_text(f'{{"_note": "{note}", "sourceDate": "19/06/2025"}}')
    (tmp_path / "mirror.yml").write_text(
        "datasets: {ons_explore_local_statistics: [{files: '*.csv', published: from_json_sourceDate}]}"
    )
    (payload,) = mirror(tmp_path)
    assert (payload.published_at, payload.revised_at) == (dt.date(2025, 6, 19), revised)


def test_mirror_without_index_is_a_folder_per_dataset(tmp_path: Path) -> None:
    (tmp_path / "ons_explore_local_statistics").mkdir()
    (tmp_path / "ons_explore_local_statistics" / "employment-rate.csv").write_text("x")
    (payload,) = mirror(tmp_path)
    assert (payload.part, payload.kind, payload.published_at) == ("employment-rate", "whole", None)


def test_mirror_that_lacks_a_dataset_says_so(tmp_path: Path) -> None:
    with pytest.raises(NothingFoundError, match="ons_explore_local_statistics"):
        mirror(tmp_path)


def test_broken_index_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "mirror.yml").write_text("datasets: [1, 2]\n")
    with pytest.raises(OriginError, match=r"mirror\.yml"):
        mirror(tmp_path)
