"""Ofcom Connected Nations: mobile coverage (real excerpt) and fixed lines by speed (the documented header)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from expectations.runner import Runner
from sources.catalogue import load_catalogue
from sources.errors import PayloadError
from sources.http import PoliteSession
from sources.publishers.ofcom import discover
from sources.sample.carry.files import csv_file
from sources.sample.carry.ofcom import LINE_COUNTS
from tests.loopback import loopback_session
from tests.reading import Row, failed_checks, read

MOBILE, LINES = "ofcom_mobile_coverage", "ofcom_fixed_performance"
EXCERPT = "ofcom/connected_nations_202507/202507_mobile_coverage_laua_r01.EXCERPT-header+4of361.csv"
BARNSLEY, ABERDEEN = "E08000016", "S12000033"


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


def by_area(rows: list[Row]) -> dict[str, Row]:
    return {row["laua"]: row for row in rows}


# --- mobile coverage: a real excerpt ------------------------------------------------------------------------


@pytest.mark.published
def test_mobile_shares_by_number_of_operators_are_the_published_ones(published_dir: Path) -> None:
    rows = by_area(read(MOBILE, published_dir / EXCERPT)["coverage"])
    assert len(rows) == 4
    assert [rows[BARNSLEY][f"area_4g_{n}"] for n in range(5)] == ["0.33", "0.55", "0.93", "3.71", "94.48"]
    assert [rows[ABERDEEN][f"area_4g_{n}"] for n in range(5)] == ["", "0.05", "0.43", "2.76", "96.77"]
    assert (rows[BARNSLEY]["area_5g_0"], rows[ABERDEEN]["area_5g_0"]) == ("9.06", "1.21")
    for row in rows.values():
        for generation in ("4g", "5g"):
            shares = [float(row[f"area_{generation}_{n}"] or 0) for n in range(5)]
            assert sum(shares) == pytest.approx(100, abs=0.1), "an empty cell is nought"


@pytest.mark.published
def test_mobile_excerpt_meets_the_contract_and_is_no_whole_file(published_dir: Path, runner: Runner) -> None:
    path = published_dir / EXCERPT
    assert failed_checks(runner, MOBILE, "coverage", path, relaxed=True) == []
    assert failed_checks(runner, MOBILE, "coverage", path, relaxed=False) == ["row_count_in_band", "areas_present"]


@pytest.mark.published
@pytest.mark.parametrize(
    ("found", "changed", "failed"),
    [
        (b"E08000016,", b"Barnsley,", "laua_matches_pattern"),
        (b"0.33,0.55,0.93,3.71,94.48", b"x,0.55,0.93,3.71,94.48", "area_4g_0_matches_pattern"),
        (b"0.33,0.55,0.93,3.71,94.48", b"101,0.55,0.93,3.71,94.48", "area_4g_0_in_range"),
    ],
)
def test_mobile_contract_refuses_what_is_no_share(
    published_dir: Path, tmp_path: Path, runner: Runner, found: bytes, changed: bytes, failed: str
) -> None:
    content = (published_dir / EXCERPT).read_bytes()
    assert content.count(found) == 1
    path = tmp_path / "202507_mobile_coverage_laua_r01.csv"
    path.write_bytes(content.replace(found, changed))
    assert failed_checks(runner, MOBILE, "coverage", path, relaxed=True) == [failed]


@pytest.mark.published
def test_mobile_file_without_a_column_is_refused(published_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "202507_mobile_coverage_laua_r01.csv"
    path.write_bytes((published_dir / EXCERPT).read_bytes().replace(b"4G_geo_out_0", b"4G_geo_out_none"))
    with pytest.raises(PayloadError, match="area_4g_0 missing"):
        read(MOBILE, path)


# --- lines by speed: no file was at hand --------------------------------------------------------------------

HEADER = ("laua", "laua_name", "Median download speed (Mbit/s)", *LINE_COUNTS, "Average data usage (GB)")
LIVERPOOL = ("E08000012", "Liverpool", "60", 10, 20, 30, 940, 7_000, 2_000, 9_000, "500")
# As public code reads the file of July 2024: averages by band, no counts.
HEADER_2024 = (
    *("laua", "laua_name", "Average max download speed (Mbit/s) for lines <10Mbit/s"),
    *("Average max download speed (Mbit/s) for lines >=900Mbit/s", "Full fibre take-up (% of all premises)"),
)


def lines_file(
    folder: Path,
    *rows: Sequence[object],
    header: Sequence[str] = HEADER,
    name: str = "202205_fixed_laua_performance_r02.csv",
) -> Path:
    path = folder / name
    path.write_bytes(csv_file([header, *rows], newline="\r\n"))
    return path


@pytest.mark.parametrize("name", ["202205_fixed_laua_performance_r02.csv", "202407_fixed_performance_laua_r01.csv"])
def test_counts_of_lines_are_found_under_both_orders_of_words(tmp_path: Path, runner: Runner, name: str) -> None:
    path = lines_file(tmp_path, LIVERPOOL, name=name)
    (row,) = read(LINES, path)["lines"]
    bands = ("lines_0_2", "lines_2_5", "lines_5_10", "lines_10_30", "lines_30_300", "lines_300_plus", "lines_30_plus")
    assert [row[band] for band in bands] == ["10", "20", "30", "940", "7000", "2000", "9000"]
    assert failed_checks(runner, LINES, "lines", path, relaxed=True) == []


def test_file_of_averages_is_refused_and_says_which_counts_are_missing(tmp_path: Path) -> None:
    path = lines_file(
        tmp_path,
        ("E08000012", "Liverpool", 5.1, 950.2, 34),
        header=HEADER_2024,
        name="202407_fixed_performance_laua_r01.csv",
    )
    with pytest.raises(PayloadError, match=r"lines_0_2, .*lines_300_plus, lines_30_plus missing"):
        read(LINES, path)


@pytest.mark.parametrize(
    ("column", "cell", "failed"),
    [
        (9, "90.1", "lines_30_plus_matches_pattern"),
        (9, "", "lines_30_plus_filled"),
        (8, "-1", "lines_300_plus_in_range"),
        (0, "Liverpool", "laua_matches_pattern"),
    ],
)
def test_lines_contract_refuses_what_is_no_count(
    tmp_path: Path, runner: Runner, column: int, cell: str, failed: str
) -> None:
    changed = [*LIVERPOOL[:column], cell, *LIVERPOOL[column + 1 :]]
    assert failed in failed_checks(runner, LINES, "lines", lines_file(tmp_path, changed), relaxed=True)


# --- discovery ----------------------------------------------------------------------------------------------

SITE = "/phones-and-broadband/coverage-and-speeds"
FOLDER = "/siteassets/resources/documents/connected-nations-2025/data-downloads"
ZIPS = (
    "202507_fixed_broadband_coverage_r01.zip",
    "202507_mobile_coverage_r01.zip?v=1",
    "202507_fixed_pc_performance_r01.zip",
    "202507_fixed_performance_laua_r01.zip?v=2",
)


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


@pytest.mark.parametrize(("name", "at"), [(MOBILE, 1), (LINES, 3)])
def test_each_dataset_finds_its_own_zip(httpserver: HTTPServer, session: PoliteSession, name: str, at: int) -> None:
    index, page = f"{SITE}/infrastructure-research", f"{SITE}/connected-nations-2025"
    for path, links in ((index, [page]), (page, [f"{FOLDER}/{link}" for link in ZIPS])):
        anchors = "".join(f'<a href="{link}">a link</a>' for link in links)
        httpserver.expect_request(path).respond_with_data(f"<html>{anchors}</html>", content_type="text/html")
    dataset = load_catalogue()[name]
    how = dataset.discover.model_copy(update={"index": httpserver.url_for(index), "pinned": ()})
    (found,) = discover(dataset.model_copy(update={"discover": how}), session)
    assert (found.part, found.url) == ("202507", httpserver.url_for(f"{FOLDER}/{ZIPS[at]}"))
