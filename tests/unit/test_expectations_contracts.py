"""The landing contract: every kind of rule on a good frame and on the same frame with one thing broken."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import pytest

from expectations.contracts import TableExpectation, landing_contract
from expectations.model import CheckedSuite, CheckResult, Rule, Suite
from expectations.runner import Runner

HOME = ("E06000006", "E08000011", "E08000012", "E08000013", "E08000014", "E08000015")
RELEASE = "ons_house_building::2026-03-01:0123456789ab"


@dataclass(frozen=True)
class Bounds:
    column: str
    min: float | None = None
    max: float | None = None
    pattern: str | None = None
    one_of: tuple[str, ...] | None = None
    mostly: float = 1.0
    severity: str = "error"


EXPECT = TableExpectation(
    columns=("area_code", "period_label", "value", "unit"),
    areas=HOME,
    area_column="area_code",
    row_min=10,
    row_max=20,
    not_null=("period_label",),
    key=("area_code", "period_label"),
    values=(
        Bounds("value", min=0, max=5000),
        Bounds("area_code", pattern=r"^(E|W)\d{8}$"),
        Bounds("unit", one_of=("dwellings",), severity="warn"),
    ),
)


def good_frame() -> pd.DataFrame:
    rows = [(area, year, "120", "dwellings") for area in HOME for year in ("2023-2024", "2024-2025")]
    frame = pd.DataFrame(rows, columns=["area_code", "period_label", "value", "unit"])
    return frame.assign(_row_number=[str(row) for row in range(7, 7 + len(frame))])


def corrupted(change: Callable[[pd.DataFrame], object]) -> pd.DataFrame:
    """The good frame after `change`, which alters it in place or returns another."""
    frame = good_frame()
    changed = change(frame)
    return changed if isinstance(changed, pd.DataFrame) else frame


def put(row: int, column: str, value: str | None) -> Callable[[pd.DataFrame], object]:
    return lambda frame: frame.__setitem__(
        column, [value if position == row else cell for position, cell in enumerate(frame[column])]
    )


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


def check(runner: Runner, frame: pd.DataFrame, expect: TableExpectation = EXPECT) -> CheckedSuite:
    return runner.check(
        landing_contract("ons_house_building", "starts", expect),
        frame,
        kind="contract",
        dataset="ons_house_building",
        table_name="starts",
        release_id=RELEASE,
    )


def failures(checked: CheckedSuite) -> dict[str, CheckResult]:
    return {result.check_name: result for result in checked.results if not result.passed}


def test_a_good_frame_passes_every_rule(runner: Runner) -> None:
    checked = check(runner, good_frame())
    assert [(result.check_name, result.passed) for result in checked.results] == [
        ("columns_present", True),
        ("row_count_in_band", True),
        ("areas_present", True),
        ("period_label_filled", True),
        ("key_unique", True),
        ("value_in_range", True),
        ("value_has_numbers", True),
        ("area_code_matches_pattern", True),
        ("unit_accepted", True),
    ]
    assert checked.passed
    found = {result.check_name: result.found for result in checked.results}
    assert found["areas_present"] == "all 6 there"
    assert found["row_count_in_band"] == "12 rows"
    assert found["key_unique"] == "unique in 12 rows"


BROKEN = {
    "columns_present": (
        lambda frame: frame.rename(columns={"unit": "units"}),
        {"columns_present", "unit_accepted"},
        "missing: unit; the table has: _row_number, area_code, period_label, units, value",
        "unit",
    ),
    "row_count_in_band": (
        lambda frame: pd.concat([frame, frame.assign(period_label=frame["period_label"] + " (revised)")]),
        {"row_count_in_band"},
        "24 rows",
        "",
    ),
    "areas_present": (
        lambda frame: frame[frame["area_code"] != "E08000012"],
        {"areas_present"},
        "E08000012 missing",
        "E08000012",
    ),
    "period_label_filled": (
        put(3, "period_label", "  "),
        {"period_label_filled"},
        "1 of 12 cells are empty (row 10)",
        "(empty)",
    ),
    "key_unique": (
        put(1, "period_label", "2023-2024"),
        {"key_unique"},
        "2 rows share key (area_code, period_label): E06000006 / 2023-2024 (rows 7, 8)",
        "E06000006 / 2023-2024",
    ),
    "value_in_range": (
        put(5, "value", "-3"),
        {"value_in_range"},
        "1 of 12 values do not fit: -3 (row 12)",
        "-3",
    ),
    "value_has_numbers": (
        lambda frame: frame.assign(value="[x]"),
        {"value_has_numbers"},
        "0 of 12 cells are numbers",
        "[x]",
    ),
    "area_code_matches_pattern": (
        lambda frame: pd.concat([frame, frame.head(1).assign(area_code="E0800012")]),
        {"area_code_matches_pattern"},
        "1 of 13 values do not fit: E0800012 (row 7)",
        "E0800012",
    ),
    "unit_accepted": (
        put(0, "unit", "homes"),
        {"unit_accepted"},
        "1 of 12 values do not fit: homes (row 7)",
        "homes",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_rule_fails_on_what_it_is_for(runner: Runner, name: str) -> None:
    change, failing, found, sample = BROKEN[name]
    failed = failures(check(runner, corrupted(change)))
    assert set(failed) == failing
    assert failed[name].found == found
    assert failed[name].sample_failing == sample
    assert failed[name].severity == ("warn" if name == "unit_accepted" else "error")


def repeated(frame: pd.DataFrame) -> pd.DataFrame:
    """Keys that pieces share, values that do not fit, and rows without a key."""
    rows = pd.concat([frame, frame.iloc[[0, 9]], frame.iloc[:6].assign(area_code="", period_label=" ")])
    return rows.assign(value="-1", unit=["homes", "flats", None, "dwellings"] * 5)


@pytest.mark.parametrize(
    "change",
    [
        repeated,
        lambda frame: frame[frame["area_code"] != HOME[1]].assign(value="[x]"),
        lambda frame: frame.drop(columns=["area_code"]).assign(value=["900", *["1"] * 11]),
    ],
)
def test_a_table_in_pieces_is_judged_as_the_whole(
    runner: Runner, change: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    values = (*EXPECT.values, Bounds("value", max=200, mostly=0.9), Bounds("unit", pattern="^d", mostly=0.2))
    suite = landing_contract("d", "t", replace(EXPECT, values=values))
    frame = corrupted(change)
    assert_alike_in_pieces(runner, suite, frame, rows=4)


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: None,
        put(150, "value", "-1"),
        put(200, "unit", "homes"),
        put(3, "area_code", "E0800012"),
        put(7, "period_label", None),
        lambda frame: frame.assign(value=[*["[x]", " 5,000 ", None] * 20, *["7"] * 180]),
        lambda frame: frame.assign(unit=[*["dwellings"] * 120, *map(str, range(120))]),
        lambda frame: frame.assign(unit=None, value="[x]"),
    ],
)
def test_cells_that_are_there_again_and_again_are_judged_as_each_of_them(
    runner: Runner, change: Callable[[pd.DataFrame], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("expectations.pieces.FEW_CELLS", 50)
    values = (
        *EXPECT.values,
        Bounds("value", max=200, mostly=0.9),
        Bounds("unit", pattern="^d", mostly=0.2),
        Bounds("unit", one_of=("dwellings", "homes")),
    )
    suite = landing_contract("d", "t", replace(EXPECT, row_max=240, values=values))
    frame = pd.concat([good_frame()] * 20, ignore_index=True).assign(_row_number=[str(row) for row in range(240)])
    changed = change(frame)
    frame = changed if isinstance(changed, pd.DataFrame) else frame
    assert_alike_in_pieces(runner, suite, frame, rows=60)


def assert_alike_in_pieces(runner: Runner, suite: Suite, frame: pd.DataFrame, rows: int) -> None:
    subject: dict[str, Any] = {"kind": "contract", "dataset": "d", "table_name": "t"}

    def pieces(columns: Sequence[str] | None) -> list[pd.DataFrame]:
        wanted = frame if columns is None else frame[[name for name in columns if name in frame]]
        return [wanted.iloc[at : at + rows] for at in range(0, len(wanted), rows)]

    whole = runner.check(suite, frame, **subject)
    told = runner.check_pieces(suite, pieces, **subject)
    assert [replace(result, checked_at=whole.results[0].checked_at) for result in told.results] == whole.results
    assert told.document["validation"]["results"] == whole.document["validation"]["results"]


def test_a_warning_does_not_block(runner: Runner) -> None:
    checked = check(runner, corrupted(put(0, "unit", "homes")))
    assert checked.passed
    assert failures(checked)


def test_markers_and_thousands_separators_are_read_as_people_do(runner: Runner) -> None:
    frame = corrupted(put(0, "value", "[x]"))
    assert not failures(check(runner, frame))
    failed = failures(check(runner, corrupted(put(0, "value", " 12,000 "))))
    assert failed["value_in_range"].found == "1 of 12 values do not fit: 12000 (row 7)"


def test_codes_are_judged_after_trimming(runner: Runner) -> None:
    assert not failures(check(runner, good_frame().assign(area_code=lambda f: f["area_code"] + "\t")))


def test_mostly_tolerates_a_share_of_cells(runner: Runner) -> None:
    values = (Bounds("value", max=200, mostly=0.9),)
    expect = replace(EXPECT, values=values)
    one, two = put(0, "value", "900"), good_frame()
    two.loc[[0, 1], "value"] = "900"
    assert not failures(check(runner, corrupted(one), expect))
    failed = failures(check(runner, two, expect))
    assert failed["value_in_range"].expected == ("value at most 200 where it is a number, in at least 90% of cells")


def test_every_missing_area_is_named_to_a_limit(runner: Runner) -> None:
    areas = tuple(f"E0700{number:04}" for number in range(15))
    failed = failures(check(runner, good_frame(), replace(EXPECT, areas=areas)))
    found = failed["areas_present"].found
    assert found.startswith("E07000000, E07000001") and found.endswith("E07000011 and 3 more missing")


def test_a_missing_column_fails_its_rules_by_name_and_no_other(runner: Runner) -> None:
    failed = failures(check(runner, good_frame().drop(columns=["value"])))
    assert set(failed) == {"columns_present", "value_in_range", "value_has_numbers"}
    assert failed["value_in_range"].found == "column value is not there"
    assert failed["value_in_range"].column_name == "value"


def test_an_excerpt_keeps_format_rules_and_drops_completeness(runner: Runner) -> None:
    excerpt = replace(EXPECT, relaxed=True)
    names = [rule.name for rule in landing_contract("d", "t", excerpt).rules]
    assert "areas_present" not in names and "row_count_in_band" not in names
    assert {"columns_present", "key_unique", "value_in_range", "area_code_matches_pattern"} <= set(names)
    two_areas = good_frame().head(3)
    assert not failures(check(runner, two_areas, excerpt))
    assert set(failures(check(runner, two_areas.assign(value="-1"), excerpt))) == {"value_in_range"}


def test_an_excerpt_without_rows_fails(runner: Runner) -> None:
    failed = failures(check(runner, good_frame().head(0), replace(EXPECT, relaxed=True)))
    assert failed["rows_present"].found == "0 rows"


def test_a_key_of_one_column(runner: Runner) -> None:
    expect = TableExpectation(key=("area_code",))
    assert not failures(check(runner, good_frame().drop_duplicates("area_code"), expect))
    failed = failures(check(runner, good_frame().head(2), expect))
    assert failed["key_unique"].found == "2 rows share key (area_code): E06000006 (rows 7, 8)"


def test_a_pattern_with_groups_is_no_trouble(runner: Runner) -> None:
    expect = TableExpectation(values=(Bounds("period_label", pattern=r"^(20\d\d)-(?!2024)"),))
    failed = failures(check(runner, good_frame(), expect))
    assert failed["period_label_matches_pattern"].found.startswith("6 of 12 values do not fit: 2023-2024")


def test_error_and_warning_bounds_of_one_column_have_names_of_their_own() -> None:
    values = (Bounds("value", min=0), Bounds("value", min=0, max=500, severity="warn"))
    rules = landing_contract("d", "t", TableExpectation(values=values)).rules
    assert [(rule.name, rule.severity) for rule in rules if "in_range" in rule.name] == [
        ("value_in_range", "error"),
        ("value_in_range_2", "warn"),
    ]


def test_areas_without_a_column_are_refused() -> None:
    with pytest.raises(ValueError, match="no area_column"):
        landing_contract("d", "t", TableExpectation(areas=("E08000012",)))


def test_rule_names_are_unique_in_a_suite() -> None:
    rule = Rule("expect_column_values_to_be_unique", {"column": "a"}, "error", "twice")
    with pytest.raises(ValueError, match="repeated: twice"):
        Suite("s", (rule, rule))


def test_what_great_expectations_raises_is_a_failed_check(runner: Runner) -> None:
    rule = Rule("expect_column_values_to_match_regex", {"column": "value", "regex": "("}, "error", "broken")
    checked = runner.check(Suite("s", (rule,)), good_frame(), kind="contract", dataset="d", table_name="t")
    assert not checked.passed
    assert "unterminated subpattern" in checked.results[0].found or "missing )" in checked.results[0].found
    assert "Traceback" not in str(checked.document) and "site-packages" not in str(checked.document)


def test_the_given_frame_is_left_as_it_was(runner: Runner) -> None:
    frame = corrupted(put(0, "value", " 1,000 "))
    before = frame.copy(deep=True)
    check(runner, frame)
    pd.testing.assert_frame_equal(frame, before)


def test_results_survive_storage(runner: Runner) -> None:
    checked = check(runner, corrupted(put(5, "value", "-3")))
    stored = json.loads(json.dumps(checked.document, allow_nan=False))
    assert CheckedSuite.from_document(stored).results == checked.results
    one = failures(checked)["value_in_range"]
    assert one.check_id == f"contract/ons_house_building/starts/value_in_range/{RELEASE}"
    assert one.checked_at.utcoffset() is not None


def test_contract_of_a_catalogue_table() -> None:
    from sources.catalogue import Column, Dataset, Expect, Table, ValueRule

    table = Table(
        name="starts",
        format="workbook",
        columns={"area_code": Column(names=("Code",)), "note": Column(names=("Note",), optional=True)},
        expect=Expect(
            areas="home",
            area_column="area_code",
            rows=(300, 400),
            key=("area_code",),
            values=(ValueRule(column="area_code", pattern="^E"),),
        ),
    )
    # only what decides the expected areas is asked of the dataset
    dataset: Any = Dataset.model_construct(dataset="starts")
    expect = TableExpectation.from_catalogue(dataset, table, relaxed=False)
    assert (expect.columns, expect.areas, expect.row_min, expect.row_max) == (("area_code",), HOME, 300, 400)
    names = [rule.name for rule in landing_contract("ons_house_building", "starts", expect).rules]
    assert names == [
        "columns_present",
        "row_count_in_band",
        "areas_present",
        "key_unique",
        "area_code_matches_pattern",
    ]
