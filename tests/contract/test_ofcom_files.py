"""Ofcom Connected Nations: real files (excerpts of coverage, the whole of take-up) and zips packed from them."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from expectations.runner import Runner
from sources.catalogue import load_catalogue
from sources.errors import PayloadError
from sources.gate import check_payload
from tests.home import HOME_AUTHORITIES
from tests.reading import Row, failed_checks, read

COVERAGE, TAKE_UP = "ofcom_fixed_coverage", "ofcom_full_fibre_take_up"
ALL = "202507_fixed_laua_coverage_r01.EXCERPT-27of361.csv"
RESIDENTIAL = "202507_fixed_laua_res_coverage_r01.EXCERPT-27of361.csv"
EARLIER = {
    "201909": "201909_fixed_laua_coverage_r01.EXCERPT-head+tail.csv",
    "202109": "202109_fixed_laua_coverage_r01.EXCERPT-head+tail.csv",
    "202305": "202305_fixed_laua_coverage_r02.EXCERPT-head+tail.csv",
}
SPEED_BANDS = ("speed_0_2", "speed_2_5", "speed_5_10", "speed_10_30", "speed_30_300", "speed_300_plus")
COUNTS = ("premises_sfbb", "premises_ufbb_100", "premises_ufbb", "premises_full_fibre", "premises_gigabit")


def read_coverage(*paths: Path) -> list[Row]:
    return read(COVERAGE, *paths)["premises"]


def home_sum(rows: list[Row], column: str) -> int:
    home = [row for row in rows if row["laua"] in HOME_AUTHORITIES]
    assert len(home) == 6
    return sum(int(row[column]) for row in home)


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


@pytest.fixture(scope="module")
def july(published_dir: Path) -> Path:
    return published_dir / "ofcom/connected_nations_202507"


@pytest.fixture(scope="module")
def earlier(published_dir: Path) -> Path:
    return published_dir / "ofcom/connected_nations_earlier_headers"


# --- golden figures of July 2025 -------------------------------------------------------------------------


@pytest.mark.published
@pytest.mark.parametrize(
    ("column", "everything", "residential", "rest"),
    [("premises_gigabit", 90.67, 92.31, 64.24), ("premises_ufbb", 91.19, 92.80, 65.33)],
)
def test_city_region_coverage_from_counts(
    july: Path, column: str, everything: float, residential: float, rest: float
) -> None:
    of_all, of_homes = read_coverage(july / ALL), read_coverage(july / RESIDENTIAL)
    counts = [home_sum(rows, column) for rows in (of_all, of_homes)]
    premises = [home_sum(rows, "all_premises") for rows in (of_all, of_homes)]
    assert premises == [765_759, 721_003]
    shares = [
        100 * counts[0] / premises[0],
        100 * counts[1] / premises[1],
        100 * (counts[0] - counts[1]) / (premises[0] - premises[1]),
    ]
    assert [round(share, 2) for share in shares] == [everything, residential, rest]


@pytest.mark.published
def test_liverpool_row_by_column_name(july: Path) -> None:
    liverpool = next(row for row in read_coverage(july / ALL) if row["laua"] == "E08000012")
    found = {
        name: liverpool[name] for name in ("laua_name", "all_premises", "all_matched_premises", *COUNTS, *SPEED_BANDS)
    }
    assert found == {
        "laua_name": "Liverpool",
        "all_premises": "236817",
        "all_matched_premises": "235024",
        "premises_sfbb": "226787",
        "premises_ufbb_100": "215244",
        "premises_ufbb": "213518",
        "premises_full_fibre": "200803",
        "premises_gigabit": "212513",
        "speed_0_2": "41",
        "speed_2_5": "24",
        "speed_5_10": "502",
        "speed_10_30": "7670",
        "speed_30_300": "13269",
        "speed_300_plus": "213518",
    }


@pytest.mark.published
def test_take_up_has_every_authority_and_the_golden_figures(july: Path) -> None:
    rows = read(TAKE_UP, july / "202507_full_fibre_take-up_laua_r01.csv")["take_up"]
    assert len(rows) == len({row["laua"] for row in rows}) == 361
    take_up = {row["laua"]: (row["take_up_of_coverage"], row["take_up_of_premises"]) for row in rows}
    assert [take_up[area] for area in HOME_AUTHORITIES] == [
        ("36", "31"),
        ("47", "43"),
        ("41", "34"),
        ("31", "28"),
        ("38", "28"),
        ("53", "49"),
    ]
    names = {row["laua"]: row["laua_name"] for row in rows}
    assert names["E06000058"] == "Bournemouth, Christchurch and Poole"
    assert all(int(premises) <= int(coverage) for coverage, premises in take_up.values())


# --- what is true of every edition -----------------------------------------------------------------------


@pytest.mark.published
@pytest.mark.parametrize("edition", ["202507", "202507_fixed_laua_res", *EARLIER])
def test_counts_are_consistent_in_every_edition(july: Path, earlier: Path, edition: str) -> None:
    path = {"202507": july / ALL, "202507_fixed_laua_res": july / RESIDENTIAL}.get(edition)
    path = path or earlier / EARLIER[edition]
    rows = read_coverage(path)
    assert load_catalogue()[COVERAGE].part_of(path.name) == edition
    assert len(rows) == len(path.read_text(encoding="utf-8-sig").splitlines()) - 1 > 3
    for row in rows:
        premises, matched = int(row["all_premises"]), int(row["all_matched_premises"])
        assert sum(int(row[band]) for band in SPEED_BANDS) == matched <= premises
        assert all(0 <= int(row[count]) <= premises for count in COUNTS if row[count])
        assert row["_member"] == path.name


@pytest.mark.published
def test_residential_counts_are_part_of_all(july: Path) -> None:
    of_all = {row["laua"]: row for row in read_coverage(july / ALL)}
    of_homes = read_coverage(july / RESIDENTIAL)
    assert {row["laua"] for row in of_homes} == set(of_all)
    for row in of_homes:
        for count in ("all_premises", *COUNTS):
            assert int(row[count]) <= int(of_all[row["laua"]][count])


@pytest.mark.published
def test_edition_of_2019_has_neither_gigabit_nor_100_mbit_columns(earlier: Path) -> None:
    rows = read_coverage(earlier / EARLIER["201909"])
    assert {(row["premises_gigabit"], row["premises_ufbb_100"]) for row in rows} == {("", "")}
    # The percentage printed is of 30 to 300 Mbit/s only; the count is of 30 Mbit/s and more.
    aberdeen = rows[0]
    assert round(100 * int(aberdeen["premises_sfbb"]) / int(aberdeen["all_premises"]), 1) == 93.4


@pytest.mark.published
def test_columns_are_read_by_name_where_blocks_change_places(earlier: Path) -> None:
    aberdeen = {edition: read_coverage(earlier / name)[0] for edition, name in EARLIER.items()}
    found = {edition: (row["speed_30_300"], row["speed_10_30"]) for edition, row in aberdeen.items()}
    assert found == {"201909": ("91989", "7275"), "202109": ("41566", "5205"), "202305": ("17122", "3130")}


@pytest.mark.published
@pytest.mark.parametrize("name", [ALL, RESIDENTIAL, *EARLIER.values()])
def test_real_coverage_files_meet_the_format_rules(runner: Runner, july: Path, earlier: Path, name: str) -> None:
    path = next(folder / name for folder in (july, earlier) if (folder / name).is_file())
    assert failed_checks(runner, COVERAGE, "premises", path, relaxed=True) == []


@pytest.mark.published
def test_real_take_up_file_meets_its_whole_contract(runner: Runner, july: Path) -> None:
    path = july / "202507_full_fibre_take-up_laua_r01.csv"
    assert failed_checks(runner, TAKE_UP, "take_up", path, relaxed=False) == []


# --- zips as the publisher packs them --------------------------------------------------------------------


def coverage_csv(sfbb: int = 90, areas: Sequence[str] = HOME_AUTHORITIES, zero: str = "0") -> str:
    header = [
        *["laua", "laua_name", "All Premises", "All Matched Premises"],
        *[f"Number of premises with {speed} availability" for speed in ("SFBB", "UFBB", "Full Fibre")],
        "% of premises with NGA",
        *[
            f"Number of premises with {band}Mbit/s download speed"
            for band in ("30<300", ">=300", "0<2", "2<5", "5<10", "10<30")
        ],
    ]
    lines = [",".join(header)]
    lines += [f'{area},"Name, of {area}",100,98,{sfbb},80,70,{zero},10,80,{zero},1,1,6' for area in areas]
    return "\r\n".join(lines)


def zipped(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    check_payload(path, media="zip", publisher="ofcom", dataset=COVERAGE, where=path.name)
    return path


def test_zip_is_searched_recursively_for_both_files(tmp_path: Path) -> None:
    inner = zipped(
        tmp_path / "inner.zip",
        {
            "res/202601_fixed_laua_res_coverage_r1.csv": "\ufeff" + coverage_csv(91),
            "202601_fixed_pc_coverage_r2_L.csv": "postcode,x\r\nL1,1",
        },
    )
    path = zipped(
        tmp_path / "202601_fixed_broadband_coverage_and_full_fibre_take-up-r1.zip",
        {
            "202601_fixed_laua_coverage_r1/202601_fixed_laua_coverage_r1.csv": coverage_csv(95),
            "202601_fixed_pcon_coverage_r1.csv": "pcon\r\nx",
            "nested/coverage.zip": inner.read_bytes(),
            "__MACOSX/202601_fixed_laua_coverage_r1.csv": "junk",
            "read me.txt": "notes",
        },
    )
    rows = read_coverage(path)
    found = {(row["_member"], row["premises_sfbb"]) for row in rows}
    assert found == {("202601_fixed_laua_coverage_r1.csv", "95"), ("202601_fixed_laua_res_coverage_r1.csv", "91")}
    assert load_catalogue()[COVERAGE].part_of(path.name) == "202601"


def test_highest_revision_of_each_file_is_read(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "202209.zip",
        {
            "202209_fixed_laua_coverage_r01.csv": coverage_csv(1),
            "202209_fixed_laua_coverage_r02.csv": coverage_csv(2),
            "old/202209_fixed_laua_coverage_r2.csv": coverage_csv(3),
            "202209_fixed_laua_coverage_r10.csv": coverage_csv(10),
            "202209_fixed_laua_res_coverage_r01.csv": coverage_csv(1),
        },
    )
    found = {(row["_member"], row["premises_sfbb"]) for row in read_coverage(path)}
    assert found == {("202209_fixed_laua_coverage_r10.csv", "10"), ("202209_fixed_laua_res_coverage_r01.csv", "1")}


@pytest.mark.parametrize(
    ("present", "missing"),
    [("202507_fixed_laua_coverage_r01.csv", "laua_res"), ("202507_fixed_laua_res_coverage_r01.csv", "laua_coverage")],
)
def test_zip_without_one_of_the_two_files_is_refused(tmp_path: Path, present: str, missing: str) -> None:
    path = zipped(tmp_path / "202507.zip", {present: coverage_csv()})
    with pytest.raises(PayloadError, match=rf"ofcom / ofcom_fixed_coverage: expected a member matching .*{missing}"):
        read_coverage(path)


def test_zip_without_coverage_names_what_is_in_it(tmp_path: Path) -> None:
    path = zipped(tmp_path / "mobile.zip", {"202507_mobile_coverage_laua_r01.csv": "laua\r\nE08000012"})
    with pytest.raises(PayloadError, match=r"found none in 202507_mobile_coverage_laua_r01\.csv"):
        read_coverage(path)


def test_renamed_count_is_refused_and_not_taken_from_a_percentage(tmp_path: Path) -> None:
    path = tmp_path / "202507_fixed_laua_coverage_r01.csv"
    path.write_text(
        coverage_csv().replace("Number of premises with Full Fibre", "Share of premises with Full Fibre"),
        encoding="utf-8",
    )
    with pytest.raises(PayloadError, match=r"premises_full_fibre missing"):
        read_coverage(path)


def test_zeros_are_zeros_however_printed(tmp_path: Path) -> None:
    path = tmp_path / "202109_fixed_laua_coverage_r01.csv"
    path.write_text(coverage_csv(zero="0.0"), encoding="utf-8")
    assert {float(row["speed_0_2"]) for row in read_coverage(path)} == {0.0}


@pytest.mark.parametrize(
    ("areas", "failing"),
    [
        ([*HOME_AUTHORITIES, HOME_AUTHORITIES[2]], ["key_unique"]),
        ([*HOME_AUTHORITIES, "Liverpool"], ["laua_matches_pattern"]),
    ],
)
def test_repeated_authority_or_a_name_for_a_code_breaks_the_contract(
    tmp_path: Path, runner: Runner, areas: list[str], failing: list[str]
) -> None:
    path = tmp_path / "202507_fixed_laua_coverage_r01.csv"
    path.write_text(coverage_csv(areas=areas), encoding="utf-8")
    assert failed_checks(runner, COVERAGE, "premises", path, relaxed=True) == failing


def test_whole_release_without_liverpool_breaks_the_contract(tmp_path: Path, runner: Runner) -> None:
    areas = [area for area in HOME_AUTHORITIES if area != "E08000012"]
    areas += [f"E07{number:06d}" for number in range(360)]
    path = zipped(
        tmp_path / "202507_fixed_broadband_coverage_r01.zip",
        {
            "202507_fixed_laua_coverage_r01.csv": coverage_csv(areas=areas),
            "202507_fixed_laua_res_coverage_r01.csv": coverage_csv(areas=areas),
        },
    )
    assert failed_checks(runner, COVERAGE, "premises", path, relaxed=False) == ["areas_present"]


@pytest.mark.published
def test_take_up_is_found_in_the_zip_of_coverage(tmp_path: Path, july: Path) -> None:
    source = july / "202507_full_fibre_take-up_laua_r01.csv"
    path = zipped(
        tmp_path / "202507_fixed_broadband_coverage_r01.zip",
        {
            "folder/202507_full_fibre_take-up_laua_r01.csv": source.read_bytes(),
            "202507_fixed_laua_coverage_r01.csv": coverage_csv(),
        },
    )
    from_zip = read(TAKE_UP, path)["take_up"]
    with source.open(encoding="utf-8-sig", newline="") as file:
        expected = [tuple(row.values()) for row in csv.DictReader(file)]
    found = [
        (row["laua"], row["laua_name"], row["take_up_of_coverage"], row["take_up_of_premises"]) for row in from_zip
    ]
    assert found == expected
