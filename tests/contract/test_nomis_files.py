"""Nomis on real files: recorded replies for Kirklees, failures among them, and ten years of the survey."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import loopback_session
from pytest_httpserver import HTTPServer

from expectations.contracts import TableExpectation, landing_contract
from expectations.model import CheckResult
from expectations.runner import Runner
from sources.catalogue import Dataset, load_catalogue
from sources.errors import PayloadError
from sources.http import PoliteSession
from sources.publishers import nomis
from sources.readers import SourceFile, read_release
from sources.release import Candidate, sha256_of

pytestmark = pytest.mark.published

SECTIONS = ",".join(str(code) for code in range(150994945, 150994966))
EMPTY = [
    "nomis-aps-emprate.csv",
    "nomis-aps-v2.csv",
    "nomis-claimant-count2.csv",
    "nomis-claimant-v2.csv",
    "nomis-employment-rate.csv",
    "nomis-labour-profile.csv",
    "nomis-unemployment-rate.csv",
]
BY_SECTION = f"geography=E08000034&date=2024&industry={SECTIONS}&employment_status=1&measure=1,2"
BY_TOTAL = "geography=E08000034&date=2024&industry=37748736&employment_status=1&measure=1,2"
ENTERPRISES = f"geography=E08000034&date=2025&industry={SECTIONS}&employment_sizeband=0&legal_status=0"
# data set, reply, what was asked for it (measures apart), rows
REPLIES = [
    ("nm_17_5", "nomis-aps-employment.csv", "geography=1774190688&date=2025-09&variable=18,45,84,111,248,249", 6),
    ("nm_189_1", "nomis-bres-sectors.csv", BY_TOTAL, 2),
    ("nm_189_1", "nomis-bres-sic-sections.csv", BY_SECTION, 42),
    ("nm_142_1", "nomis-business-counts.csv", ENTERPRISES, 21),
    ("nm_57_1", "nomis-jobs-density.csv", "geography=E08000034&date=2023&item=1,3", 2),
    ("nm_31_1", "nomis-population.csv", "geography=E08000034&date=2024&sex=7&age=0", 1),
    ("nm_162_1", "nomis-claimant-count.csv", "geography=1774190688&date=2026-02&gender=0&age=0&measure=1,2,3,4", 4),
]


@pytest.fixture(scope="session")
def replies(published_dir: Path) -> Path:
    return published_dir / "nomis" / "replies_kirklees"


@pytest.fixture(scope="session")
def runner() -> Runner:
    return Runner()


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


def read(dataset: Dataset, *paths: Path) -> Any:
    """Cells of files of one release, as an Arrow table."""
    files = [SourceFile(path.name, path, sha256_of(path)) for path in paths]
    return read_release(dataset, files, "release")["cells"]


def value(cells: Any, **where: str) -> str:
    """The one value of the cells in which columns are as given."""
    (found,) = [row["obs_value"] for row in cells.to_pylist() if all(row[name] == text for name, text in where.items())]
    return str(found)


def failed(runner: Runner, dataset: Dataset, cells: Any, *, relaxed: bool) -> dict[str, CheckResult]:
    """Rules of severity error that the cells break, by name."""
    expectation = TableExpectation.from_catalogue(dataset, dataset.tables[0], relaxed=relaxed)
    suite = landing_contract(dataset.dataset, "cells", expectation)
    checked = runner.check(
        suite, cells.to_pandas(), kind="contract", dataset=dataset.dataset, table_name="cells", release_id="release"
    )
    return {result.check_name: result for result in checked.results if not result.passed and result.severity == "error"}


def fetch_recorded(
    httpserver: HTTPServer, session: PoliteSession, folder: Path, dataset_id: str, reply: Path, query: str
) -> Path:
    """The recorded reply as Nomis would send it in answer to the query; raises what `fetch` raises."""
    dataset = load_catalogue()[dataset_id]
    httpserver.expect_request(f"/{dataset_id}.data.csv").respond_with_data(reply.read_bytes(), content_type="text/csv")
    url = httpserver.url_for(f"/{dataset_id}.data.csv?{query}")
    candidate = Candidate(dataset_id, "", dataset.title, url, f"{dataset_id}.csv")
    files = nomis.fetch(dataset, candidate, session, folder, lambda _: (None, None))
    assert files is not None
    (page,) = files
    return page.path


# --- recorded replies


@pytest.mark.parametrize(("data_set", "name", "query", "rows"), REPLIES, ids=[reply[1] for reply in REPLIES])
def test_a_recorded_reply_answers_its_request_and_meets_its_contract(
    httpserver: HTTPServer,
    session: PoliteSession,
    runner: Runner,
    replies: Path,
    tmp_path: Path,
    data_set: str,
    name: str,
    query: str,
    rows: int,
) -> None:
    dataset = load_catalogue()[f"nomis_{data_set}"]
    measures = "20599" if data_set == "nm_17_5" else "20100"
    query = f"{query}&measures={measures}"
    page = fetch_recorded(httpserver, session, tmp_path, dataset.dataset, replies / name, query)
    cells = read(dataset, page)
    assert cells.num_rows == rows
    assert failed(runner, dataset, cells, relaxed=True) == {}


@pytest.mark.parametrize(
    ("dataset_id", "name", "where", "expected"),
    [
        ("nomis_nm_17_5", "nomis-aps-employment.csv", {"variable": "18"}, "78.5"),
        ("nomis_nm_17_5", "nomis-qualifications.csv", {"variable": "290"}, ""),
        ("nomis_nm_189_1", "nomis-bres-sectors.csv", {"industry": "37748736", "measure": "1"}, "162000"),
        ("nomis_nm_189_1", "nomis-bres-sic-sections.csv", {"industry_code": "C", "measure": "1"}, "25000"),
        ("nomis_nm_57_1", "nomis-jobs-density.csv", {"item": "1"}, "183000"),
        ("nomis_nm_57_1", "nomis-jobs-density.csv", {"item": "3"}, "0.66"),
        ("nomis_nm_31_1", "nomis-population.csv", {"age": "0"}, "447847"),
        ("nomis_nm_162_1", "nomis-claimant-count.csv", {"measure": "1"}, "13090"),
        ("nomis_nm_162_1", "nomis-claimant-count.csv", {"measure": "2"}, "4.7"),
    ],
)
def test_figures_of_kirklees(replies: Path, dataset_id: str, name: str, where: dict[str, str], expected: str) -> None:
    cells = read(load_catalogue()[dataset_id], replies / name)
    assert value(cells, geography_code="E08000034", **where) == expected


def test_a_missing_figure_keeps_its_letter(replies: Path) -> None:
    cells = read(load_catalogue()["nomis_nm_162_1"], replies / "nomis-claimant-count.csv").to_pylist()
    assert [(row["measure"], row["obs_value"], row["obs_status"]) for row in cells if row["obs_status"] != "A"] == [
        ("4", "", "Q")
    ]


# --- recorded failures


def test_the_seven_empty_replies_are_all_there_are(replies: Path) -> None:
    assert sorted(path.name for path in replies.iterdir() if path.stat().st_size == 0) == EMPTY


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_reply_is_refused(
    httpserver: HTTPServer, session: PoliteSession, replies: Path, tmp_path: Path, name: str
) -> None:
    query = "geography=E08000034&date=latest&variable=45&measures=20100"
    with pytest.raises(PayloadError, match="found 0 bytes"):
        fetch_recorded(httpserver, session, tmp_path, "nomis_nm_17_5", replies / name, query)


def test_the_help_page_under_a_csv_name_is_refused(
    httpserver: HTTPServer, session: PoliteSession, replies: Path, tmp_path: Path
) -> None:
    page = replies / "census2021_kirklees_density.csv"
    with pytest.raises(PayloadError, match="found an HTML page"):
        fetch_recorded(httpserver, session, tmp_path, "nomis_nm_57_1", page, "geography=E08000034&date=2023&item=1")


def test_a_reply_of_another_data_set_is_refused(
    httpserver: HTTPServer, session: PoliteSession, replies: Path, tmp_path: Path
) -> None:
    other = replies / "nomis-earnings.csv"
    with pytest.raises(PayloadError, match=r"unknown .*PAY"):
        fetch_recorded(httpserver, session, tmp_path, "nomis_nm_57_1", other, "geography=E08000034&date=2025&item=2")


def test_nine_invalid_industries_that_became_nine_totals_are_refused(
    httpserver: HTTPServer, session: PoliteSession, runner: Runner, replies: Path, tmp_path: Path
) -> None:
    """By what was asked when it is fetched; by its key when somebody puts the file into a mirror."""
    reply = replies / "nomis-bres-by-industry.csv"
    invalid = ",".join(str(code) for code in range(37748737, 37748746))
    query = f"geography=E08000034&date=2024&industry={invalid}&employment_status=1&measure=1,2&measures=20100"
    with pytest.raises(PayloadError, match="found no 37748737, 37748738"):
        fetch_recorded(httpserver, session, tmp_path, "nomis_nm_189_1", reply, query)
    dataset = load_catalogue()["nomis_nm_189_1"]
    broken = failed(runner, dataset, read(dataset, reply), relaxed=True)
    assert list(broken) == ["key_unique"]
    assert "18 rows share key" in broken["key_unique"].found


# --- areas that come twice


def test_two_types_of_local_authority_in_one_reply_break_the_key(runner: Runner, published_dir: Path) -> None:
    dataset = load_catalogue()["nomis_nm_2002_1"]
    (table,) = dataset.tables
    every_type = dataset.model_copy(update={"tables": (table.model_copy(update={"keep": None}),)})
    cells = read(every_type, published_dir / "nomis" / "replies_lcr_population" / "lad.csv")
    assert cells.num_rows == 11_178
    twice = [
        row["geography_typecode"]
        for row in cells.to_pylist()
        if (row["geography_code"], row["c_age"], row["obs_value"]) == ("E08000012", "200", "484488")
    ]
    assert sorted(twice) == ["431", "432"]
    assert list(failed(runner, every_type, cells, relaxed=True)) == ["key_unique"]


def test_of_two_types_of_local_authority_one_is_kept(runner: Runner, published_dir: Path) -> None:
    dataset = load_catalogue()["nomis_nm_2002_1"]
    cells = read(dataset, published_dir / "nomis" / "replies_lcr_population" / "lad.csv")
    assert cells.num_rows == 11_178 - 3_906  # 217 counties and unitaries x 18 ages
    assert failed(runner, dataset, cells, relaxed=False) == {}
    assert value(cells, geography_code="E47000004", c_age="200") == "1551722"
    assert value(cells, geography_code="E06000006", c_age="200") == "128577"


# --- ten years of the survey


@pytest.fixture(scope="session")
def survey_files(published_dir: Path) -> list[Path]:
    files = sorted((published_dir / "nomis" / "reconstructed").glob("NM_17_5_*.csv"))
    assert len(files) == 10
    return files


def test_every_year_meets_the_contract_of_a_whole_release(runner: Runner, survey_files: list[Path]) -> None:
    dataset = load_catalogue()["nomis_nm_17_5"]
    for path in survey_files:
        cells = read(dataset, path)
        assert cells.num_rows == 2_880
        assert failed(runner, dataset, cells, relaxed=False) == {}, path.name


def test_without_liverpool_a_whole_release_is_refused(runner: Runner, survey_files: list[Path]) -> None:
    import pyarrow.compute as pc

    dataset = load_catalogue()["nomis_nm_17_5"]
    cells = read(dataset, survey_files[-1])
    rest = cells.filter(pc.not_equal(cells.column("geography_code"), "E08000012"))
    broken = failed(runner, dataset, rest, relaxed=False)
    assert list(broken) == ["areas_present"]
    assert "E08000012 missing" in broken["areas_present"].found


@pytest.mark.parametrize(
    ("variable", "date_code", "rate", "count"),
    [
        ("45", "2023-12", "67.5", "226500"),
        ("111", "2023-12", "26.1", "87500"),
        ("290", "2020-12", "42.7", "142300"),
        ("290", "2021-12", "44.1", "147300"),
        ("290", "2022-12", "", ""),
    ],
)
def test_figures_of_liverpool(survey_files: list[Path], variable: str, date_code: str, rate: str, count: str) -> None:
    dataset = load_catalogue()["nomis_nm_17_5"]
    (path,) = [path for path in survey_files if path.stem.endswith(date_code[:4])]
    cells = read(dataset, path)
    liverpool = {"geography_code": "E08000012", "variable": variable, "date_code": date_code}
    assert value(cells, measures="20599", **liverpool) == rate
    assert value(cells, measures="21001", **liverpool) == count


def test_each_year_is_a_part_of_its_own(survey_files: list[Path]) -> None:
    dataset = load_catalogue()["nomis_nm_17_5"]
    assert [dataset.part_of(path.name) for path in survey_files] == [str(year) for year in range(2014, 2024)]
