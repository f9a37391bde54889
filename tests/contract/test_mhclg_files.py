"""MHCLG: the real live tables, the rows at hand of the Indices of Deprivation, and what their shares imply."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from pytest_httpserver import HTTPServer

from expectations.runner import Runner
from sources.catalogue import load_catalogue
from sources.errors import PayloadError
from sources.http import PoliteSession
from sources.publishers import publisher_of
from sources.sample.carry.files import open_document
from tests.home import HOME_AUTHORITIES
from tests.loopback import loopback_session
from tests.reading import Row, failed_checks, read

FILE_7, FILE_10 = "mhclg_indices_of_deprivation_file_7", "mhclg_indices_of_deprivation_file_10"
LT253, LT122 = "mhclg_live_table_253", "mhclg_live_table_122"
LT253A, EPC, NNDR3 = "mhclg_live_table_253a", "mhclg_epc_live_tables", "mhclg_nndr3"
HALTON, KNOWSLEY, LIVERPOOL, ST_HELENS, SEFTON, WIRRAL = HOME_AUTHORITIES
SEEDS = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds"


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


def csv_rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def csv_file(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


# --- live table 253: the real workbook, 41 sheets in five layouts ----------------------------------------


@pytest.fixture(scope="module")
def lt253_workbook(published_dir: Path) -> Path:
    return published_dir / "mhclg/house_building/LiveTable253.xlsx"


@pytest.fixture(scope="module")
def house_building(lt253_workbook: Path) -> list[Row]:
    return read(LT253, lt253_workbook)["house_building"]


@pytest.mark.published
def test_every_year_is_read_with_starts_before_completions(house_building: list[Row]) -> None:
    assert len({row["_member"] for row in house_building}) == 41
    liverpool = {row["_member"]: row for row in house_building if row["area_code"] == LIVERPOOL}
    assert len(liverpool) == 41
    newest = [value for name, value in liverpool["2020-21"].items() if name.startswith(("starts", "completions"))]
    assert newest == ["410", "40", "0", "450", "420", "50", "0", "470"]
    # One column fewer in front, and one more between the blocks.
    assert (liverpool["8081"]["completions_all"], liverpool["2010-11"]["completions_all"]) == ("1730", "900")
    assert liverpool["1999-00"]["completions_all"] == ".."
    assert liverpool["2020-21"]["_row_number"] == "121"


@pytest.mark.published
def test_completions_of_the_city_region_and_the_years_without_halton(house_building: list[Row]) -> None:
    completions = {(row["_member"], row["area_code"]): row["completions_all"] for row in house_building}
    year = {area: int(completions["2020-21", area]) for area in HOME_AUTHORITIES}
    assert year == {HALTON: 600, KNOWSLEY: 570, LIVERPOOL: 470, ST_HELENS: 610, SEFTON: 610, WIRRAL: 380}
    assert ("9798", HALTON) not in completions  # a district of Cheshire without a code until 1998


@pytest.mark.published
def test_former_county_is_not_the_city_region(house_building: list[Row]) -> None:
    year = {row["area_code"]: int(row["completions_all"]) for row in house_building if row["_member"] == "2020-21"}
    # Merseyside is printed and has five boroughs: rounded sums differ by 10 at most for each of them.
    assert abs(year["E11000002"] - sum(year[area] for area in HOME_AUTHORITIES if area != HALTON)) <= 30
    assert sum(year[area] for area in HOME_AUTHORITIES) == 3240


@pytest.mark.published
def test_house_building_agrees_with_the_twin_of_ons_but_for_one_revision(
    house_building: list[Row], published_dir: Path
) -> None:
    twin = published_dir / "ons/house_building/uklocalauthorityhousebuilding.hssn20.xlsx"
    ours = {(row["area_code"], row["_member"]): row["completions_all"] for row in house_building}
    differing = {
        (row["area_code"], row["period_label"]): (row["value"], ours[key])
        for row in read("ons_house_building", twin)["completions"]
        if row["area_code"] in HOME_AUTHORITIES
        and (key := (row["area_code"], f"{row['period_label'][:4]}-{row['period_label'][-2:]}")) in ours
        and row["value"] != ours[key]
    }
    assert differing == {(HALTON, "2020-2021"): ("490", "600")}


@pytest.mark.published
def test_real_house_building_meets_its_landing_contract(runner: Runner, lt253_workbook: Path) -> None:
    assert failed_checks(runner, LT253, "house_building", lt253_workbook, relaxed=False) == []


FLAT_HEADER = ["DCLG code", "Former ONS code", "Current ONS code", "Authority data", "All starts", "All completions"]


def test_flat_layout_is_read_as_documented(tmp_path: Path, runner: Runner) -> None:
    rows = [["", "", area, "x", 450, 470] for area in HOME_AUTHORITIES]
    sheets = {f"FY_20{year}_{year + 1}": [["Title"], FLAT_HEADER, *rows] for year in (20, 21)}
    path = workbook(tmp_path / "LiveTable253.xlsx", sheets)
    tables = read(LT253, path)
    assert list(tables) == ["house_building_flat"]
    liverpool = [row for row in tables["house_building_flat"] if row["area_code"] == LIVERPOOL]
    assert [(row["_member"], row["completions_all"]) for row in liverpool] == [
        ("FY_2020_21", "470"),
        ("FY_2021_22", "470"),
    ]
    assert failed_checks(runner, LT253, "house_building_flat", path, relaxed=True) == []


def test_one_block_of_tenures_is_not_taken_for_two(tmp_path: Path) -> None:
    header = ["DLUHC code", "Former ONS code", "Current ONS code", "Lower and Single Tier Authority Data"]
    tenures = ["Private Enterprise", "Housing Associations", "Local Authority", "All"]
    title = ["Table 253 Housebuilding: permanent dwellings started and completed"]
    path = workbook(tmp_path / "t.xlsx", {"2020-21": [title, header + tenures, ["", "", LIVERPOOL, "", 1, 2, 3, 6]]})
    with pytest.raises(PayloadError, match="mhclg_live_table_253"):
        read(LT253, path)


# --- live table 253a: as documented ----------------------------------------------------------------------

TENURES = ["Private Enterprise", "Housing Associations", "Local Authority", "All"]
QUARTERLY_HEADER = ["DLUHC code", "Former ONS code", "Current ONS code", "Lower and Single Tier Authority Data"]


def quarterly(path: Path, sheet: str, completions: object = 80) -> Path:
    title = ["Table 253a Housebuilding: permanent dwellings started and completed, by tenure and district"]
    blocks = ["", "", "", "", "Dwellings started", "", "", "", "", "Dwellings completed"]
    rows = [["", "", area, "x", 80, 10, 10, 100, "", 60, 10, 10, completions] for area in HOME_AUTHORITIES]
    return workbook(path, {sheet: [title, blocks, [*QUARTERLY_HEADER, *TENURES, "", *TENURES], *rows]})


def test_quarters_are_read_with_starts_before_completions(tmp_path: Path, runner: Runner) -> None:
    path = quarterly(tmp_path / "LiveTable253a.xlsx", "2005 Q1")
    tables = read(LT253A, path)
    assert list(tables) == ["house_building"]
    assert {(row["_member"], row["starts_all"], row["completions_all"]) for row in tables["house_building"]} == {
        ("2005 Q1", "100", "80")
    }
    assert failed_checks(runner, LT253A, "house_building", path, relaxed=True) == []


def test_quarters_in_the_flat_layout_are_read_as_inferred(tmp_path: Path, runner: Runner) -> None:
    rows = [["", "", area, "x", -10, ".."] for area in HOME_AUTHORITIES]
    path = workbook(tmp_path / "LiveTable253a.xlsx", {"2026_Q2": [["Title"], FLAT_HEADER, *rows]})
    assert list(read(LT253A, path)) == ["house_building_flat"]
    assert failed_checks(runner, LT253A, "house_building_flat", path, relaxed=True) == []


def test_the_annual_table_is_not_taken_for_the_quarterly_one(tmp_path: Path) -> None:
    with pytest.raises(PayloadError, match="mhclg_live_table_253a"):
        read(LT253A, quarterly(tmp_path / "LiveTable253.xlsx", "2020-21"))


def test_completions_below_nought_break_the_contract(tmp_path: Path, runner: Runner) -> None:
    path = quarterly(tmp_path / "LiveTable253a.xlsx", "2005 Q1", completions=-10)
    assert "completions_all_matches_pattern" in failed_checks(runner, LT253A, "house_building", path, relaxed=True)


# --- live tables A and D1: certificates, as documented ---------------------------------------------------

RATINGS = {"A": ["A+", "A", "B", "C", "D", "E", "F", "G"], "D1": ["A", "B", "C", "D", "E", "F", "G"]}
CERTIFICATES = {"A": "A-_Non-Domestic_Properties.ods", "D1": "D1-_Domestic_Properties.ods"}
TABLES = {"A": "non_domestic", "D1": "domestic"}


def certificates(folder: Path, table: str, cell: object = 3, ratings: list[str] | None = None) -> Path:
    """One quarter of every home authority, and the row of all years above it; beside it the sheet of regions."""
    columns = ratings or RATINGS[table]
    header = ["Local Authority Code", "Region", "Quarter", "Number Lodgements", "Total Floor Area (m2)"]
    rows = [
        [area, "x", quarter, 100, 5000.5, *[cell] * len(columns), 0]
        for area in HOME_AUTHORITIES
        for quarter in ("", "2026/2")
    ]
    title = f"{table}- Properties by Local Authority by Energy Performance Rating - in each Year/Quarter"
    sheets = {
        f"{table}_by_Region": [[title.replace("Local Authority", "Region")], ["Region", "Quarter", *columns]],
        f"{table}_by_LA": [[title], [], ["Source"], [*header, *columns, "Not Recorded"], *rows],
    }
    path = folder / CERTIFICATES[table]
    path.write_bytes(open_document(sheets))
    return path


@pytest.mark.parametrize("table", ["A", "D1"])
def test_certificates_are_read_by_quarter_and_authority(tmp_path: Path, runner: Runner, table: str) -> None:
    path = certificates(tmp_path, table)
    tables = read(EPC, path)
    assert list(tables) == [TABLES[table]]
    rows = tables[TABLES[table]]
    assert [(row["area_code"], row["quarter"]) for row in rows] == [(area, "2026/2") for area in HOME_AUTHORITIES]
    assert ("rating_a_plus" in rows[0]) == (table == "A")
    assert failed_checks(runner, EPC, TABLES[table], path, relaxed=True) == []


def test_a_rating_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PayloadError, match=r"rating_a_plus"):
        read(EPC, certificates(tmp_path, "A", ratings=RATINGS["D1"]))


@pytest.mark.parametrize(
    ("cell", "check"), [("", "rating_a_filled"), ("x", "rating_a_matches_pattern"), (0.5, "rating_a_matches_pattern")]
)
def test_ratings_that_are_no_counts_break_the_contract(
    tmp_path: Path, runner: Runner, cell: object, check: str
) -> None:
    path = certificates(tmp_path, "D1", cell)
    assert check in failed_checks(runner, EPC, "domestic", path, relaxed=True)


# --- NNDR3: the field of the relief is the one that the metadata name, or none -----------------------------

RELIEF = ["relief_a_tot", "Empty premises (Total)"]


def metadata(folder: Path, *labels: list[str]) -> Path:
    fields = [
        ["netrates_tot", "Net rates payable (Total)"],
        ["relief_a_baa", "Empty premises (Billing authority)"],
        *labels,
    ]
    return csv_file(folder / "nndr3_25_26_meta.csv", ["Variable name", "Description"], fields)


def rates(folder: Path, name: str = "nndr3_25_26.csv", value: str = "-1000000", code: str = "ONSCode") -> Path:
    header = ["Ecode", "Local_Authority", code, "relief_a_baa", "relief_a_tot", "netrates_tot"]
    rows = [[f"E{n}", "x", area, "-1", value, "20000000"] for n, area in enumerate(HOME_AUTHORITIES)]
    return csv_file(folder / name, header, [*rows, ["E0000", "England", "E92000001", "-6", value, "120000000"]])


def test_business_rates_are_read_as_documented(tmp_path: Path, runner: Runner) -> None:
    values, fields = rates(tmp_path), metadata(tmp_path, RELIEF)
    totals = read(NNDR3, values)["totals"]
    assert {row["field"] for row in totals} == {"relief_a_tot", "netrates_tot"}
    assert {row["area_code"] for row in totals} == {*HOME_AUTHORITIES, "E92000001"}
    relief = read(NNDR3, fields)["relief_field"]
    assert [(row["field"], row["label"]) for row in relief] == [tuple(RELIEF)]
    assert failed_checks(runner, NNDR3, "totals", values, relaxed=True) == []
    assert failed_checks(runner, NNDR3, "relief_field", fields, relaxed=False) == []


@pytest.mark.parametrize(
    "labels",
    [
        [],
        [RELIEF, ["relief_b_tot", "Relief for empty premises (Total)"]],
        [["relief_a_tot", "Section 31 compensation for empty premises (Total)"]],
        [["relief_a_tot", "Number of hereditaments: empty premises (Total)"]],
    ],
)
def test_no_label_or_two_of_the_relief_are_refused_rather_than_guessed(
    tmp_path: Path, runner: Runner, labels: list[list[str]]
) -> None:
    path = metadata(tmp_path, *labels)
    assert "row_count_in_band" in failed_checks(runner, NNDR3, "relief_field", path, relaxed=False)


def test_a_field_that_is_no_total_is_refused(tmp_path: Path, runner: Runner) -> None:
    path = metadata(tmp_path, ["relief_a_baa", "Empty premises (Total)"])
    assert "field_matches_pattern" in failed_checks(runner, NNDR3, "relief_field", path, relaxed=False)


def test_business_rates_without_gss_codes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PayloadError, match=r"area_code \(ONSCode\)"):
        read(NNDR3, rates(tmp_path, code="Code"))


@pytest.mark.parametrize(
    ("name", "value", "check"),
    [
        ("nndr3.csv", "-1000000", "_member_matches_pattern"),
        ("nndr3_2025_2026.csv", "-1000000", "_member_matches_pattern"),
        ("nndr3_25_26.csv", "one million", "value_matches_pattern"),
    ],
)
def test_business_rates_without_a_year_or_a_figure_break_the_contract(
    tmp_path: Path, runner: Runner, name: str, value: str, check: str
) -> None:
    assert check in failed_checks(runner, NNDR3, "totals", rates(tmp_path, name, value), relaxed=True)


# --- live table 122: the real spreadsheet ----------------------------------------------------------------


@pytest.fixture(scope="module")
def lt122_file(published_dir: Path) -> Path:
    return published_dir / "mhclg/net_supply/Live_Table_122_2020-21_edition.ods"


@pytest.fixture(scope="module")
def net_additions(lt122_file: Path) -> list[Row]:
    return read(LT122, lt122_file)["net_additions"]


@pytest.mark.published
def test_net_additions_are_the_published_ones(net_additions: list[Row]) -> None:
    values = {(row["area_code"], row["period_label"]): row["value"] for row in net_additions}
    assert values["E92000001", "2020-21"] == "216489"
    assert (values[LIVERPOOL, "2019-20R"], values[LIVERPOOL, "2020-21"]) == ("2536", "2363")
    assert values[SEFTON, "2015-16"] == "-189"  # more dwellings were lost than added
    assert sum(int(values[area, "2020-21"]) for area in HOME_AUTHORITIES) == 5211
    assert float(values[HALTON, "2001-02"]) == pytest.approx(345.6)
    assert len({row["period_label"] for row in net_additions}) == 20


@pytest.mark.published
def test_real_net_additions_meet_their_landing_contract(runner: Runner, lt122_file: Path) -> None:
    assert failed_checks(runner, LT122, "net_additions", lt122_file, relaxed=False) == []


# --- Indices of Deprivation, File 7 ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def excerpt(published_dir: Path) -> Path:
    return published_dir / "mhclg/indices_of_deprivation/File_7_IoD2025_sample_rows_verbatim.csv"


@pytest.mark.published
def test_file_7_binds_its_header_with_commas_and_a_cut_off_name(excerpt: Path) -> None:
    tables = read(FILE_7, excerpt)
    assert list(tables) == ["small_areas_2025"]
    row = next(row for row in tables["small_areas_2025"] if row["lsoa_code"] == "E01006638")
    assert (row["area_code"], row["lsoa_name"]) == (LIVERPOOL, "Liverpool 017B")
    assert (row["imd_score"], row["imd_rank"], row["imd_decile"]) == ("71.967", "214", "1")


@pytest.mark.published
def test_file_7_rows_equal_the_recut(excerpt: Path, published_dir: Path) -> None:
    recut = {
        row["lsoa21_code"]: row
        for row in csv_rows(published_dir / "mhclg/indices_of_deprivation/humaniverse_imd2025_england_lsoa21.csv")
    }
    names = {
        "imd": "IMD",
        "barriers": "Housing_and_Services",
        "living_environment": "Environment",
        **{name: name.capitalize() for name in ("income", "employment", "education", "health", "crime")},
    }
    rows = read(FILE_7, excerpt)["small_areas_2025"]
    assert len(rows) == 7
    for row in rows:
        for ours, theirs in names.items():
            for figure in ("score", "rank", "decile"):
                expected = float(recut[row["lsoa_code"]][f"{theirs}_{figure}"])
                assert float(row[f"{ours}_{figure}"]) == expected, (row["lsoa_code"], ours, figure)


@pytest.mark.published
def test_an_excerpt_of_file_7_is_no_whole_file(runner: Runner, excerpt: Path) -> None:
    assert failed_checks(runner, FILE_7, "small_areas_2025", excerpt, relaxed=True) == []
    whole = failed_checks(runner, FILE_7, "small_areas_2025", excerpt, relaxed=False)
    assert "row_count_in_band" in whole


DOMAIN_NAMES = [
    "Index of Multiple Deprivation (IMD)",
    "Income",
    "Employment",
    "Education, Skills and Training",
    "Health Deprivation and Disability",
    "Crime",
    "Barriers to Housing and Services",
    "Living Environment",
]


def file_7(path: Path, lsoa: str, lad: str, population: str) -> Path:
    header = [
        f"LSOA code ({lsoa})",
        f"LSOA name ({lsoa})",
        f"Local Authority District code ({lad})",
        f"Local Authority District name ({lad})",
    ]
    for name in DOMAIN_NAMES:
        header += [f"{name} Score", f"{name} Rank (where 1 is most deprived)", f"{name} Decile (where 1 is …)"]
    row = ["E01006638", "Liverpool 017B", LIVERPOOL, "Liverpool", *["0.5", "214", "1"] * 8, "1500"]
    return csv_file(path, [*header, f"Total population: {population}"], [row])


def test_file_7_of_2019_is_read_by_name_into_a_table_of_its_own(tmp_path: Path) -> None:
    tables = read(FILE_7, file_7(tmp_path / "f.csv", "2011", "2019", "mid 2015 (excluding prisoners)"))
    assert list(tables) == ["small_areas_2019"]
    assert tables["small_areas_2019"][0]["living_environment_decile"] == "1"


def test_a_later_edition_is_not_taken_for_a_known_one(tmp_path: Path) -> None:
    with pytest.raises(PayloadError, match="population"):
        read(FILE_7, file_7(tmp_path / "f.csv", "2021", "2024", "mid 2026"))


# --- Indices of Deprivation, File 10 ---------------------------------------------------------------------

SHEETS = ["IMD", "Income", "Employment", "Education", "Health", "Crime", "Barriers", "Living"]


def file_10(path: Path, share: object = 0.3675, year: str = "2024") -> Path:
    def sheet(name: str) -> list[list[Any]]:
        header = [f"Local Authority District code ({year})", f"Local Authority District name ({year})"]
        for summary in ("average rank", "average score", "proportion of LSOAs in most deprived 10% nationally"):
            header += [f"{name} - {summary.capitalize()} ", f"{name} - Rank of {summary} "]
        return [header, *([area, "x", 24000.5, 7, 40.25, 3, share, 2] for area in HOME_AUTHORITIES)]

    return workbook(path, {"Notes": [["Notes"]], **{name: sheet(name) for name in SHEETS}, "IDACI": sheet("IDACI")})


def test_file_10_is_read_as_documented(tmp_path: Path, runner: Runner) -> None:
    rows = read(FILE_10, file_10(tmp_path / "f.xlsx"))["districts"]
    assert sorted({row["_member"] for row in rows}) == sorted(SHEETS)
    assert {(row["average_rank"], row["average_score"], row["most_deprived_share"]) for row in rows} == {
        ("24000.5", "40.25", "0.3675")
    }
    assert failed_checks(runner, FILE_10, "districts", tmp_path / "f.xlsx", relaxed=True) == []


def test_percentages_in_file_10_break_the_contract(tmp_path: Path, runner: Runner) -> None:
    path = file_10(tmp_path / "f.xlsx", share=36.75)
    assert "most_deprived_share_in_range" in failed_checks(runner, FILE_10, "districts", path, relaxed=True)


def test_file_10_of_another_edition_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PayloadError, match="area_code"):
        read(FILE_10, file_10(tmp_path / "f.xlsx", year="2019"))


# --- counts of small areas -------------------------------------------------------------------------------

FEWEST, MOST = 1_000, 3_000  # residents of a small area, by ONS's rules for LSOAs of 2021
SHARE = "proportion_of_lso_as_in_most_deprived_10_percent_nationally"


def fitting(district: Row) -> list[int]:
    """Numbers of small areas that the district may have, each of which gives its eight printed shares."""
    residents = float(district["income_scale"]) / float(district["income_average_score"])
    shares = [float(value) for name, value in district.items() if name.endswith(SHARE) and "rank_of" not in name]
    assert len(shares) == 8
    return [
        number
        for number in range(int(residents / MOST) + 1, int(residents / FEWEST) + 1)
        if all(abs(round(share * number) / number - share) <= 0.0000501 for share in shares)
    ]


@pytest.mark.published
def test_counts_of_small_areas_follow_from_the_printed_shares_alone(published_dir: Path) -> None:
    folder = published_dir / "mhclg/indices_of_deprivation"
    districts = csv_rows(folder / "humaniverse_imd2025_england_ltla24.csv")
    fits = {row["ltla24_code"]: fitting(row) for row in districts}
    seed = {row["area_code"]: int(row["small_areas"]) for row in csv_rows(SEEDS / "geography/area_small_areas.csv")}
    assert set(seed) == set(HOME_AUTHORITIES)
    assert {area: fits[area] for area in seed} == {area: [number] for area, number in seed.items()}
    # The same reckoning over all of England: the counts add to the 3,375 small areas of the lowest decile.
    column = f"imd_{SHARE}"
    counted = sum(round(float(row[column]) * fits[row["ltla24_code"]][0]) for row in districts)
    small_areas = csv_rows(folder / "humaniverse_imd2025_england_lsoa21.csv")
    assert counted == sum(float(row["IMD_decile"]) == 1 for row in small_areas) == 3375


@pytest.mark.published
def test_the_most_deprived_district_has_the_highest_average_rank(published_dir: Path) -> None:
    """Average ranks are printed with the most deprived small area ranked highest, as file 7 is turned into them."""
    districts = csv_rows(published_dir / "mhclg/indices_of_deprivation/humaniverse_imd2025_england_ltla24.csv")
    ordered = sorted(districts, key=lambda row: float(row["imd_rank_of_average_rank"]))
    printed = [float(row["imd_average_rank"]) for row in ordered]
    assert printed == sorted(printed, reverse=True)
    assert 1 <= printed[-1] < 33_755 / 2 < printed[0] <= 33_755


# --- discovery: which file of the page -------------------------------------------------------------------


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


@pytest.mark.parametrize(
    ("dataset", "wanted"),
    [
        (LT253, "LiveTable253.ods"),
        (LT122, "Live_Table_122.ods"),
        (LT253A, "LiveTable253a.ods"),
        (FILE_7, "File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv"),
        (FILE_10, "File_10_-_IoD2025_Local_Authority_District_Summaries__lower-tier__v2.xlsx"),
    ],
)
def test_the_right_file_of_the_page_is_chosen(
    httpserver: HTTPServer, session: PoliteSession, dataset: str, wanted: str
) -> None:
    names = [
        *("LiveTable253a.ods", "LiveTable253.ods", "LiveTable217.ods"),
        *("Live_Table_120.ods", "Live_Table_122.ods", "Live_Table_1220.ods"),
        "File_1_-_IoD2025_Index_of_Multiple_Deprivation.xlsx",
        "File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv",
        "File_10_-_IoD2025_Local_Authority_District_Summaries__lower-tier__v2.xlsx",
        "File_11_-_IoD2025_Local_Authority_District_Summaries__upper-tier__.xlsx",
    ]
    types = {
        "csv": "text/csv",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "ods": "application/vnd.oasis.opendocument.spreadsheet",
    }
    attachments = [
        {
            "attachment_type": "file",
            "url": f"https://assets.publishing.service.gov.uk/media/691ded56d140bbbaa59a2a7d/{name}",
            "filename": name,
            "content_type": types[name.rsplit(".", 1)[-1]],
        }
        for name in names
    ]
    described = load_catalogue()[dataset]
    how = described.discover.model_copy(update={"base_url": httpserver.url_for("").rstrip("/")})
    httpserver.expect_request(f"/api/content{how.page}").respond_with_json(
        {"title": "t", "public_updated_at": "2025-11-17T09:30:00Z", "details": {"attachments": attachments}}
    )
    on_loopback = described.model_copy(update={"discover": how})
    candidates = publisher_of(described).discover(on_loopback, session)
    assert [candidate.file_name for candidate in candidates] == [wanted]
