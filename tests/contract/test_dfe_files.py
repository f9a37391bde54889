"""Department for Education: real files of key stage 2, NEET and the Local Authority Interactive Tool."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from expectations.runner import Runner
from sources.errors import PayloadError
from sources.sample.generate import SAMPLE_DIR
from tests.home import HOME_AUTHORITIES
from tests.reading import Row, failed_checks, read

KS2, NEET, LAIT = "dfe_key_stage_2", "dfe_neet", "dfe_lait"
KS4, KS5 = "dfe_key_stage_4", "dfe_16_to_18_results"
ALIASES = Path(__file__).resolve().parents[2] / "dbt_project/seeds/geography/area_aliases.csv"
NO_AREA = {"1000"}  # England, discontinued


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


@pytest.fixture(scope="module")
def folder(published_dir: Path) -> Path:
    return published_dir / "dfe"


def file_of(folder: Path, dataset: str) -> Path:
    return (
        folder
        / {
            KS2: "ks2/ks2_regional_and_local_authority_2016_to_2022_provisional.csv",
            NEET: "neet/UD_NEETNK_LA_dashboard_2022_final.csv",
            LAIT: "lait/bds_long_0.parquet",
        }[dataset]
    )


def rewritten(source: Path, target: Path, old: str, new: str) -> Path:
    """A copy of a real CSV with one text replaced."""
    text = source.read_text(encoding="utf-8-sig")
    assert old in text
    target.write_text(text.replace(old, new), encoding="utf-8")
    return target


# --- key stage 2 -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pupils(folder: Path) -> list[Row]:
    return read(KS2, file_of(folder, KS2))["pupils"]


def totals(rows: list[Row], period: str) -> dict[str, Row]:
    return {
        row["new_la_code"]: row
        for row in rows
        if row["sex"] == "Total" and row["time_period"] == period and row["new_la_code"]
    }


@pytest.mark.published
def test_city_region_at_key_stage_2_follows_from_the_counts(pupils: list[Row]) -> None:
    rows = totals(pupils, "202122")
    met, eligible = (
        sum(int(rows[area][column]) for area in HOME_AUTHORITIES)
        for column in ("rwm_met_expected_standard", "rwm_eligible_pupils")
    )
    assert (met, eligible) == (9_888, 18_172)
    assert round(100 * met / eligible, 1) == 54.4
    assert {rows[area]["version"] for area in HOME_AUTHORITIES} == {"Provisional"}
    liverpool = rows["E08000012"]
    assert (liverpool["rwm_met_expected_standard"], liverpool["rwm_eligible_pupils"]) == ("2971", "5586")


@pytest.mark.published
def test_published_percentages_are_the_counts_rounded(pupils: list[Row]) -> None:
    compared = [
        (100 * int(row["rwm_met_expected_standard"]) / int(row["rwm_eligible_pupils"]), percent)
        for row in pupils
        if (percent := row["rwm_met_expected_standard_percent"]).isdigit()
        and row["rwm_met_expected_standard"].isdigit()
    ]
    assert len(compared) > 2_000
    # Counts of regions are rounded to tens: of a small group a little more than half a point.
    assert max(abs(counted - int(percent)) for counted, percent in compared) < 0.6


@pytest.mark.published
def test_years_without_assessments_are_rows_of_x_and_sexes_are_beside_their_total(pupils: list[Row]) -> None:
    missing = {row["time_period"] for row in pupils if row["rwm_met_expected_standard"] == "x"}
    assert missing == {"201920", "202021"}
    assert {row["rwm_met_expected_standard"] for row in pupils if row["time_period"] in missing} == {"x"}
    assert {row["sex"] for row in pupils} == {"Total", "Boys", "Girls", "Other"}
    every_sex = sum(
        int(row["rwm_eligible_pupils"])
        for row in pupils
        if (row["new_la_code"], row["time_period"]) == ("E08000012", "202122")
    )
    assert every_sex == 2 * 5586


@pytest.mark.published
@pytest.mark.parametrize(
    "change",
    [
        (",Provisional,", ",Draft,"),
        ("202122,Academic year", "2022,Calendar year"),
        (",State-funded schools,Girls,", ",State-funded schools,Total,"),  # a total that comes twice
        ("E08000012", "E08999999"),
    ],
)
def test_key_stage_2_contract_refuses(runner: Runner, folder: Path, tmp_path: Path, change: tuple[str, str]) -> None:
    path = rewritten(file_of(folder, KS2), tmp_path / "ks2.csv", *change)
    assert failed_checks(runner, KS2, "pupils", path, relaxed=False)


@pytest.mark.published
def test_fraction_in_place_of_a_percentage_is_refused(runner: Runner, folder: Path, tmp_path: Path) -> None:
    source = file_of(folder, KS2)
    with source.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["pt_rwm_met_expected_standard"].isdigit():
            row["pt_rwm_met_expected_standard"] = str(int(row["pt_rwm_met_expected_standard"]) / 100)
    path = tmp_path / "ks2.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert failed_checks(runner, KS2, "pupils", path, relaxed=False)


# --- NEET ------------------------------------------------------------------------------------------------


@pytest.mark.published
@pytest.mark.parametrize(
    ("file", "young_people", "rates"),
    [
        # Weighted by hand from the six rows: sum of cohort x rate over sum of cohort.
        ("UD_NEETNK_LA_dashboard_2021_vg_removed.csv", 33_014.0, (4.18, 5.90, 1.73)),
        ("UD_NEETNK_LA_dashboard_2022_final.csv", 33_770.7, (3.67, 5.10, 1.44)),
    ],
)
def test_both_layouts_of_neet_are_read(
    folder: Path, file: str, young_people: float, rates: tuple[float, float, float]
) -> None:
    rows = {row["new_la_code"]: row for row in read(NEET, folder / "neet" / file)["authorities"] if row["new_la_code"]}
    home = [rows[area] for area in HOME_AUTHORITIES]
    cohort = sum(float(row["cohort"]) for row in home)
    assert cohort == pytest.approx(young_people)
    weighted = tuple(
        round(sum(float(row["cohort"]) * float(row[column]) for row in home) / cohort, 2)
        for column in ("neet_percent", "neet_not_known_percent", "not_known_percent")
    )
    assert weighted == rates


@pytest.mark.published
def test_neet_of_liverpool_and_england_are_those_published(folder: Path) -> None:
    rows = read(NEET, file_of(folder, NEET))["authorities"]
    found = {row["new_la_code"] or row["geographic_level"]: row["neet_percent"] for row in rows}
    assert (found["E08000012"], found["National"]) == ("4.4", "2.6")


@pytest.mark.published
def test_leftover_rows_of_neet_have_no_code(folder: Path) -> None:
    rows = read(NEET, folder / "neet/UD_NEETNK_LA_dashboard_2021_vg_removed.csv")["authorities"]
    leftover = [row for row in rows if row["region_name"] == "Region demo"]
    assert [(row["region_code"], row["new_la_code"], row["la_name"]) for row in leftover] == [
        ("", "", ""),
        ("", "", "LA demo"),
    ]


# --- Local Authority Interactive Tool --------------------------------------------------------------------


@pytest.fixture(scope="module")
def measures(folder: Path) -> list[Row]:
    return read(LAIT, file_of(folder, LAIT))["measures"]


@pytest.fixture(scope="module")
def numbers() -> dict[str, str]:
    """Area by the department's number, as the seed has it."""
    with ALIASES.open(encoding="utf-8", newline="") as file:
        return {row["alias"]: row["area_code"] for row in csv.DictReader(file) if row["scheme"] == "dfe"}


@pytest.mark.published
@pytest.mark.parametrize(
    ("measure", "years", "figure"),
    [
        ("KS2RWM_Expected_STD", "2024", 58),
        ("KS2RWM_Expected_STD", "2025", 57),
        ("AVG_Attain8_Score", "2025", 42.1),
        ("EngMaths9-5", "2025", 38.1),
        ("EngMaths9-4", "2025", 57.3),
        ("KS1R_Expected_STD", "2023", 64),
        ("KS1W_Expected _STD", "2023", 56),
        ("KS1M_Expected _STD", "2023", 66),
        ("16-17 NEET", "2025", 5.9),
        ("APSE_Alevel", "2025 (Rev)", 34.05),
    ],
)
def test_figures_of_liverpool_in_the_tool(measures: list[Row], measure: str, years: str, figure: float) -> None:
    found = [
        float(row["value"])
        for row in measures
        if (row["short_desc"], row["years"], row["la_number"]) == (measure, years, "341")
    ]
    assert found == [figure]


@pytest.mark.published
def test_key_stage_1_ends_with_2023(measures: list[Row]) -> None:
    assert max(row["years"] for row in measures if row["short_desc"].startswith("KS1R")) == "2023"


@pytest.mark.published
def test_six_gss_codes_find_nothing_in_the_tool_and_the_seed_finds_six(
    measures: list[Row], numbers: dict[str, str]
) -> None:
    met = {row["la_number"] for row in measures}
    assert not met & set(HOME_AUTHORITIES)
    assert {number for number in met if numbers.get(number) in HOME_AUTHORITIES} == {
        *("340", "341", "342", "343", "344", "876")
    }


@pytest.mark.published
def test_every_number_of_the_tool_is_an_area(folder: Path, measures: list[Row], numbers: dict[str, str]) -> None:
    with CalamineWorkbook.from_path(folder / "lait/la_code_list.xlsx") as book:
        listed = {str(int(row[0])) for row in book.get_sheet_by_index(0).to_python()[1:]}
    assert {row["la_number"] for row in measures} <= set(numbers)
    assert listed - NO_AREA <= set(numbers)


@pytest.mark.published
def test_numbers_are_those_that_stand_beside_gss_codes(folder: Path, numbers: dict[str, str]) -> None:
    """Key stage 2 and NEET give both; where the seed has another code, the area has been renumbered since."""
    recodes = ALIASES.with_name("area_recodes.csv")
    with recodes.open(encoding="utf-8", newline="") as file:
        today = {row["old_code"]: row["new_code"] for row in csv.DictReader(file)}
    today |= {"E10000023": "E06000065", "E10000027": "E06000066", "E10000002": "E06000060"}
    for path in (file_of(folder, KS2), file_of(folder, NEET)):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                if row["new_la_code"] and row["old_la_code"]:
                    assert numbers[row["old_la_code"]] in {
                        row["new_la_code"],
                        today.get(row["new_la_code"]),
                    }, row["la_name"]


@pytest.mark.published
@pytest.mark.parametrize("dataset", [KS2, NEET, LAIT])
def test_real_file_meets_its_contract(runner: Runner, folder: Path, dataset: str) -> None:
    table = {KS2: "pupils", NEET: "authorities", LAIT: "measures"}[dataset]
    assert failed_checks(runner, dataset, table, file_of(folder, dataset), relaxed=False) == []


def test_tool_with_other_columns_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "bds_long_0.parquet"
    pq.write_table(pa.table({"Short Desc": ["16-17 NEET"], "Year": ["2025"]}), path)
    with pytest.raises(PayloadError, match=r"years .*missing"):
        read(LAIT, path)


# --- key stage 4: the documented form, no real file was at hand ---------------------------------------------

KS4_FILE = SAMPLE_DIR / "dfe/key_stage_4.illustrative.csv"


def test_key_stage_4_is_read_with_the_filters_that_a_version_has(runner: Runner) -> None:
    rows = read(KS4, KS4_FILE)["pupils"]
    assert failed_checks(runner, KS4, "pupils", KS4_FILE, relaxed=True) == []
    liverpool = [row for row in rows if row["new_la_code"] == "E08000012"]
    assert {row["prior_attainment"] for row in liverpool} == {"Total", "High prior attainment"}
    assert {row["young_carer"] for row in liverpool} == {""}  # a filter that this version lacks


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("prior_attainment", "benefit_units"),  # a filter that is not known: several rows for one area and year
        (",40,40,60", ",96,40,60"),  # more than Attainment 8 can be
        ("202425,", "2024,"),
        ("Local authority", "Local authority district"),
    ],
)
def test_key_stage_4_contract_refuses(runner: Runner, tmp_path: Path, old: str, new: str) -> None:
    path = rewritten(KS4_FILE, tmp_path / "ks4.csv", old, new)
    assert failed_checks(runner, KS4, "pupils", path, relaxed=True)


def test_key_stage_4_of_too_few_authorities_is_no_whole_release(runner: Runner, tmp_path: Path) -> None:
    path = rewritten(KS4_FILE, tmp_path / "ks4.csv", "E08000012", "E08999999")
    assert any("area" in name for name in failed_checks(runner, KS4, "pupils", path, relaxed=False))


# --- key stage 5: the columns of the data set of schools, no real file was at hand ---------------------------

KS5_FILE = SAMPLE_DIR / "dfe/16_to_18_results.illustrative.csv"


def test_key_stage_5_is_read_by_kind_of_qualification(runner: Runner) -> None:
    rows = read(KS5, KS5_FILE)["students"]
    assert failed_checks(runner, KS5, "students", KS5_FILE, relaxed=True) == []
    assert {row["exam_cohort"] for row in rows} == {"A level", "Tech level"}
    knowsley = next(row for row in rows if row["new_la_code"] == "E08000011" and row["exam_cohort"] == "A level")
    assert (knowsley["students"], knowsley["points_per_entry"]) == ("0", "z")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("disadvantage_status", "qualification_size"),  # a filter that is not known
        (",35,36", ",350,36"),  # points of the scale that ended in 2016
        ("202425,", "2024,"),
    ],
)
def test_key_stage_5_contract_refuses(runner: Runner, tmp_path: Path, old: str, new: str) -> None:
    path = rewritten(KS5_FILE, tmp_path / "ks5.csv", old, new)
    if old == "disadvantage_status":
        path = rewritten(path, path, ",Disadvantaged,", ",Total,")
    assert failed_checks(runner, KS5, "students", path, relaxed=True)


def test_key_stage_5_under_other_column_names_says_which_are_missing(tmp_path: Path) -> None:
    path = rewritten(KS5_FILE, tmp_path / "ks5.csv", "aps_per_entry_student_count", "entry_count")
    with pytest.raises(PayloadError, match=r"students \(aps_per_entry_student_count\)"):
        read(KS5, path)


# --- weights: key stage 2 for key stage 4 -------------------------------------------------------------------


@pytest.mark.published
@pytest.mark.parametrize(
    ("measure", "within"), [("AVG_Attain8_Score", 0.3), ("EngMaths9-5", 0.4), ("EngMaths9-4", 0.5)]
)
@pytest.mark.parametrize("year", [2021, 2022, 2023, 2024])
def test_weighing_by_primary_school_gives_the_published_figure_of_the_region(
    folder: Path, pupils: list[Row], measure: str, within: float, year: int
) -> None:
    """The North West as published beside its authorities weighed by the pupils of key stage 2 five years before."""
    figures = {
        row["la_number"].removesuffix(".0").zfill(3): row["value"]
        for row in read(LAIT, file_of(folder, LAIT))["measures"]
        if row["short_desc"] == measure and row["years"].startswith(str(year))
    }
    weights = {
        row["old_la_code"].zfill(3): int(row["rwm_eligible_pupils"])
        for row in pupils
        if row["sex"] == "Total"
        and row["region_code"] == "E12000002"
        and row["new_la_code"]
        and row["time_period"] == f"{year - 6}{year - 5 - 2000}"
    }
    known = {area: float(figures[area]) for area in weights if figures.get(area, "-") != "-"}
    assert len(known) >= 22
    estimated = sum(known[area] * weights[area] for area in known) / sum(weights[area] for area in known)
    assert abs(estimated - float(figures["981"])) < within
