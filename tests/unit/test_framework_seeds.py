"""Seeds of the framework and of geography: complete, consistent, and true to the files they map."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

SEEDS = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds"
WEAK = {"3b", "12b", "16f", "26", "28"}
# Direct measures of which the open file holds a part only: what is loaded stands in, and is said to.
HALF_OPEN = {"11b"}
LOCAL_RETURNS = {"3c", "4a", "17c", "23b", "24a"}
# What is counted is what was chosen (town centres), wherever it lies: an authority without a choice has no part in it.
PLACES_CHOSEN = {"nomis_nm_189_1_lsoa"}
HOME_AREA = "E47000004"
HOME_MEMBERS = {"E06000006", "E08000011", "E08000012", "E08000013", "E08000014", "E08000015"}
# Explore Local Statistics writes `na` for three Scottish city regions, which have no code.
CODELESS = {"na"}


def rows_of(seed: str) -> list[dict[str, str]]:
    """Rows of seeds/<seed>.csv as text."""
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def keys_of(seed: str, column: str) -> set[str]:
    return {row[column] for row in rows_of(seed)}


def returned() -> set[str]:
    """Indicators that the authority's own returns bring: the measure itself, whatever the open series is worth."""
    return {row["indicator_id"] for row in rows_of("framework/indicator_sources") if row["dataset"] == "lcrca_returns"}


def els_rows(published_dir: Path) -> list[tuple[str, dict[str, str]]]:
    """(dataset, row) of every file of Explore Local Statistics."""
    rows = []
    for path in sorted((published_dir / "ons" / "explore_local_statistics").glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows.extend((path.stem, row) for row in csv.DictReader(file))
    return rows


def test_every_measure_of_the_frameworks_has_one_row() -> None:
    measures = rows_of("framework/measures")
    assert len(measures) == 88
    assert len({row["measure_id"] for row in measures}) == 88
    headline = [row["measure_id"] for row in measures if row["framework_id"] == "GROWTHPLAN2025"]
    assert headline == ["H1", "H2", "H3", "H4", "H5"]
    strategy = [row for row in measures if row["framework_id"] == "LIS2020"]
    assert Counter(row["measure_class"] for row in strategy) == {"direct": 46, "proxy": 32, "local_return": 5}
    assert {row["measure_id"] for row in measures if row["measure_class"] == "local_return"} == LOCAL_RETURNS
    assert {row["measure_id"] for row in measures if row["ended"] == "true"} == {"6a.ks1"}


def test_the_weak_measures_are_marked_and_stay_weak_in_the_bridge() -> None:
    measures = {row["measure_id"]: row for row in rows_of("framework/measures")}
    assert {key for key, row in measures.items() if row["strength"] == "weak"} == WEAK
    for row in rows_of("framework/measure_indicators"):
        if row["role"] != "context" and row["indicator_id"] not in returned():
            stated = "proxy" if row["measure_id"] in HALF_OPEN else measures[row["measure_id"]]["strength"]
            if row["indicator_id"] == "town_centre_employment":
                stated = "weak"  # one small area of one town centre, until the authority has chosen its others
            assert row["strength"] == stated, row


def test_strength_follows_from_the_class() -> None:
    allowed = {"direct": {"direct"}, "proxy": {"proxy", "weak"}, "local_return": {"none"}}
    for row in rows_of("framework/measures"):
        assert row["strength"] in allowed[row["measure_class"]], row["measure_id"]


def test_measure_ids_begin_with_their_outcome() -> None:
    for row in rows_of("framework/measures"):
        outcome = re.match(r"H\d|\d+", row["measure_id"])
        assert outcome is not None
        assert outcome.group() == row["outcome_id"]


def test_every_outcome_has_a_measure() -> None:
    outcomes = keys_of("framework/outcomes", "outcome_id")
    assert outcomes == {str(n) for n in range(1, 29)} | {f"H{n}" for n in range(1, 6)}
    assert outcomes == keys_of("framework/measures", "outcome_id")
    qualitative = [row["outcome_id"] for row in rows_of("framework/outcomes") if row["qualitative"] == "true"]
    assert qualitative == ["26", "27", "28"]


def test_the_bridge_says_what_differs_unless_the_match_is_exact() -> None:
    classes = {row["measure_id"]: row["measure_class"] for row in rows_of("framework/measures")}
    classes |= dict.fromkeys(HALF_OPEN, "proxy")
    for row in rows_of("framework/measure_indicators"):
        own_return = row["indicator_id"] in returned()
        assert row["role"] != "primary" or own_return or classes[row["measure_id"]] == "direct", row
        assert not own_return or (row["role"], row["strength"]) in {("primary", "direct"), ("context", "none")}, row
        assert row["role"] != "proxy" or classes[row["measure_id"]] == "proxy", row
        assert (row["strength"] == "none") == (row["role"] == "context"), row
        assert row["role"] == "primary" or row["what_differs"], row


def test_region_only_measures_are_answered_for_the_region() -> None:
    level = {row["measure_id"]: row["geography_level"] for row in rows_of("framework/measures")}
    # Of what universities are counted for, businesses are published for the region: such a row says so.
    allowed = {"region": {"home_region"}, "provider": {"home_region", "home"}}
    for row in rows_of("framework/measure_indicators"):
        assert row["geography_area"] in allowed.get(level[row["measure_id"]], {"home"}), row
        assert row["geography_area"] == "home" or "North West" in row["what_differs"], row


def test_every_indicator_has_one_unconditional_primary_dataset() -> None:
    sources = rows_of("framework/indicator_sources")
    primaries = Counter(row["indicator_id"] for row in sources if row["role"] == "primary")
    assert set(primaries) == keys_of("framework/indicators", "indicator_id")
    assert set(primaries.values()) == {1}
    for row in sources:
        assert (row["requires"] != "") == (row["role"] == "conditional_primary"), row


def test_cross_checks_come_after_what_is_served() -> None:
    by_indicator: dict[str, list[dict[str, str]]] = {}
    for row in rows_of("framework/indicator_sources"):
        by_indicator.setdefault(row["indicator_id"], []).append(row)
    for indicator, sources in by_indicator.items():
        roles = [row["role"] for row in sorted(sources, key=lambda row: int(row["priority"]))]
        assert [int(row["priority"]) for row in sources] == list(range(1, len(sources) + 1)), indicator
        order = ["conditional_primary", "primary", "fallback", "cross_check"]
        assert roles == sorted(roles, key=order.index), indicator


def test_aggregation_rules_name_what_they_need() -> None:
    addable = {"count", "GBP million", "kt CO2e", "MWh", "ktoe", "tonnes", "vehicle miles", "million journeys"}
    addable |= {"thousand m2"}
    for row in rows_of("framework/indicators"):
        indicator, rule, unit = row["indicator_id"], row["aggregation_rule"], row["unit_measure"]
        multiplier = ("100" if unit == "percent" else "1") if rule == "ratio" else ""
        assert row["ratio_multiplier"] == multiplier, indicator
        assert (row["weight_indicator_id"] != "") == (rule == "weighted"), indicator
        assert rule != "sum" or unit in addable, indicator


def test_chained_volumes_medians_and_expectancies_are_never_added_up() -> None:
    rules = {row["indicator_id"]: row["aggregation_rule"] for row in rows_of("framework/indicators")}
    for indicator in ("gva_chained_volume", "electricity_per_meter", "gas_per_meter"):
        assert rules[indicator] == "none"
    for indicator in ("healthy_life_expectancy", "median_weekly_pay", "gva_per_hour_worked"):
        assert rules[indicator] == "published"


def test_money_says_its_prices() -> None:
    for row in rows_of("framework/indicators"):
        assert (row["price_basis"] != "") == row["unit_measure"].startswith("GBP"), row["indicator_id"]


def test_els_names_carry_the_unit_of_their_indicator() -> None:
    units = {row["indicator_id"]: row["unit_measure"] for row in rows_of("framework/indicators")}
    for row in rows_of("framework/els_indicators"):
        assert row["unit_measure"] == units[row["indicator_id"]], row
        assert (row["breakdown"] != "total") == (row["indicator_id"] == "healthy_life_expectancy"), row


def test_the_home_area_is_its_six_authorities() -> None:
    members: dict[str, set[str]] = {}
    for row in rows_of("geography/area_memberships"):
        members.setdefault(row["parent_code"], set()).add(row["member_code"])
    assert members[HOME_AREA] == HOME_MEMBERS
    assert members["TLD7"] == HOME_MEMBERS
    assert "E11000002" not in members


def test_a_publisher_with_members_of_its_own_takes_in_every_authority_of_the_home_area_once() -> None:
    five = HOME_MEMBERS - {"E06000006"}
    stands_for = {"E11000002": five, "E50000006": five}
    by_dataset: dict[str, list[str]] = {}
    for row in rows_of("geography/provider_memberships"):
        if row["parent_code"] == HOME_AREA:
            by_dataset.setdefault(row["dataset"], []).append(row["member_code"])
    for dataset in PLACES_CHOSEN:
        members = by_dataset.pop(dataset)
        assert set(members) <= HOME_MEMBERS
        assert len(set(members)) == len(members)
    for dataset, members in by_dataset.items():
        taken_in = [area for member in members for area in stands_for.get(member, {member})]
        assert Counter(taken_in) == dict.fromkeys(HOME_MEMBERS, 1), dataset
    assert set(by_dataset["dft_bus"]) == {"E11000002", "E06000006"}
    assert set(by_dataset["defra_collected_waste"]) == {"E50000006", "E06000006"}


def test_stations_of_the_home_area_are_all_in_the_seed() -> None:
    stations = Counter(row["area_code"] for row in rows_of("geography/stations"))
    assert sum(stations[area] for area in HOME_MEMBERS) == 85


def test_members_are_areas_in_use() -> None:
    areas = {row["area_code"]: row for row in rows_of("geography/areas")}
    for row in rows_of("geography/area_memberships"):
        for code in (row["parent_code"], row["member_code"]):
            assert areas[code]["valid_to"] == "", row


def test_recodes_lead_to_an_area_in_one_step() -> None:
    areas = {row["area_code"]: row for row in rows_of("geography/areas")}
    recodes = rows_of("geography/area_recodes")
    carried = {row["old_code"]: row["new_code"] for row in recodes if row["kind"] == "recode"}
    assert not set(carried) & set(carried.values()), "a carried code leads to a code that is carried on itself"
    for row in recodes:
        assert areas[row["old_code"]]["successor_code"] == row["new_code"], row
        assert areas[row["old_code"]]["valid_to"] < row["change_date"], row


def test_names_are_the_friendly_ones() -> None:
    names = {row["area_code"]: row["area_name"] for row in rows_of("geography/areas")}
    assert names["E08000013"] == "St Helens"
    assert names[HOME_AREA] == "Liverpool City Region"
    for name in names.values():
        assert name == name.strip(" *")
        assert not name.isupper()


def test_markers_that_hide_a_value_never_load_as_normal() -> None:
    for row in rows_of("reference/source_markers"):
        assert (row["load_as"] == "missing") <= (row["obs_status"] in {"O", "M", "Q"}), row
        assert (row["conf_status"] == "C") == (row["obs_status"] == "Q"), row
        assert row["load_as"] != "zero", "no dataset of this version writes a marker for nought"


def test_precedence_of_markers_is_that_of_sdmx() -> None:
    order = list("BOMLHQJSDIFEPNUVGA")
    for row in rows_of("reference/obs_status"):
        assert order[int(row["precedence"]) - 1] == row["obs_status"], row


@pytest.mark.published
def test_every_els_indicator_is_mapped(published_dir: Path) -> None:
    mapped = {(row["els_dataset"], row["els_indicator"]) for row in rows_of("framework/els_indicators")}
    assert {(dataset, row["indicator"]) for dataset, row in els_rows(published_dir)} == mapped


@pytest.mark.published
def test_els_slugs_are_those_of_the_service(published_dir: Path) -> None:
    path = published_dir / "ons" / "explore_local_statistics_app" / "manifest_metadata.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        manifest = {row["slug"]: (row["dataset"], row["code"]) for row in csv.DictReader(file) if row["slug"]}
    for row in rows_of("framework/els_indicators"):
        assert manifest[row["bulk_slug"]] == (row["els_dataset"], row["els_indicator"]), row


@pytest.mark.published
def test_every_area_of_els_is_known(published_dir: Path) -> None:
    met = {row["areacd"].strip() for _, row in els_rows(published_dir)}
    assert met - keys_of("geography/areas", "area_code") <= CODELESS


@pytest.mark.published
def test_combined_authorities_are_those_of_the_official_lookup(published_dir: Path) -> None:
    (path,) = (published_dir / "ons" / "geography").glob("Local_Authority_District_*.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        official = {(row["CAUTH25CD"], row["LAD25CD"]) for row in csv.DictReader(file)}
    seeded = {(row["parent_code"], row["member_code"]) for row in rows_of("geography/area_memberships")}
    assert {pair for pair in seeded if pair[0].startswith("E47")} == official


def test_every_claim_cites_its_document_and_line() -> None:
    prefixes = {"LIS": "LIS ", "GP": "GP ", "BLOG": "Blog "}
    claims = rows_of("framework/claims")
    assert len({row["claim_id"] for row in claims}) == len(claims)
    for row in [*claims, *rows_of("framework/targets")]:
        assert row["ref"].startswith(prefixes[row["document_id"]]), row
    assert {row["claim_id"] for row in claims} >= {row["claim_id"] for row in rows_of("framework/baselines")}


def test_figures_that_contradict_each_other_are_both_kept() -> None:
    figures = {row["claim_id"]: row["figure"] for row in rows_of("framework/claims")}
    pairs = [("LIS491", "LIS1571"), ("LIS689a", "BLOG21"), ("LIS439a", "LIS439b"), ("LIS489", "LIS1569")]
    assert [(figures[one], figures[other]) for one, other in pairs] == [
        ("55000", "57000"),
        ("7900", "50000"),
        ("74", "77"),
        ("5", "4.9"),
    ]
    targets = {row["target_id"]: (row["target_value"], row["target_year"]) for row in rows_of("framework/targets")}
    assert (targets["LIS3077"], targets["GP78"]) == (("0", "2040"), ("0", "2035"))


def test_what_a_claim_leaves_open_is_said() -> None:
    for row in rows_of("framework/claims"):
        assert row["definition_unclear"] == "false" or row["note"], row["claim_id"]
        assert (row["comparison"] == "equals") == bool(row["decimals"]), row["claim_id"]
