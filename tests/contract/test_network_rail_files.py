"""Network Rail: direct trains are counted from a small feed in the documented shape, by the rule of the dataset."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path
from typing import Any

import pytest

from expectations.runner import Runner
from sources.errors import PayloadError
from sources.gate import check_payload
from sources.sample.carry.network_rail import calls, feed, sample_files, schedule
from tests.reading import Row, failed_checks, read

TIMETABLE = "network_rail_timetable"
THURSDAY = dt.date(2026, 1, 1)  # a week later is Thursday again; the Wednesday after it is the 14th
TO_LEEDS = ("LIV", "MCV", "LDS")


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


def feed_file(path: Path, *schedules: dict[str, Any], **settings: Any) -> Path:
    path.write_bytes(feed(schedules, **settings))
    return path


def cities(path: Path) -> dict[str, Row]:
    return {row["city"]: row for row in read(TIMETABLE, path)["direct_trains"]}


def trains(path: Path) -> dict[str, str]:
    return {city: row["trains"] for city, row in cities(path).items() if row["trains"] != "0"}


def test_train_counts_once_for_a_city_and_once_for_all(tmp_path: Path) -> None:
    route = ("LIV", "LPY", "MCO", "MAN", "SHF")
    path = feed_file(tmp_path / "f.gz", schedule("A1", calls(route, 600)), schedule("A2", calls(("LPY", "EUS"), 700)))
    assert trains(path) == {"any core city": "1", "manchester": "1", "sheffield": "1", "london": "1"}
    found = cities(path)
    assert (found["manchester"]["fastest_minutes"], found["sheffield"]["fastest_minutes"]) == ("40", "100")
    assert found["london"]["fastest_minutes"] == "120", "from South Parkway, where the train begins"
    assert (found["leeds"]["trains"], found["leeds"]["fastest_minutes"]) == ("0", "")


def test_minutes_over_midnight_and_their_median(tmp_path: Path) -> None:
    late = calls(TO_LEEDS, 23 * 60 + 30)
    slow = calls(TO_LEEDS, 600)
    slow[-1]["public_arrival"] = "1200"
    row = cities(feed_file(tmp_path / "f.gz", schedule("A1", late), schedule("A2", slow)))["leeds"]
    assert (row["trains"], row["fastest_minutes"], row["median_minutes"]) == ("2", "90", "105.0")


def test_trains_to_liverpool_and_calls_that_are_not_public_do_not_count(tmp_path: Path) -> None:
    to_liverpool = calls(TO_LEEDS, 600)[::-1]
    to_liverpool[0] |= {"public_arrival": None, "public_departure": "1000"}
    sets_down_nobody = calls(TO_LEEDS, 600)
    sets_down_nobody[2] |= {"public_arrival": None}
    path = feed_file(tmp_path / "f.gz", schedule("A1", to_liverpool), schedule("A2", sets_down_nobody))
    assert trains(path) == {"any core city": "1", "leeds": "1"}


def test_of_the_schedules_of_a_day_the_short_term_one_goes_first(tmp_path: Path) -> None:
    permanent = calls(TO_LEEDS, 600)
    day = {"schedule_start_date": "2026-01-14", "schedule_end_date": "2026-01-14"}
    path = feed_file(
        tmp_path / "f.gz",
        *(schedule(train, permanent) for train in ("KEPT", "CANCELLED", "CHANGED", "ELSEWHERE")),
        schedule("CANCELLED", None, CIF_stp_indicator="C", **day),
        schedule("CHANGED", calls(("LIV", "MCV", "LDS", "NCL"), 605), CIF_stp_indicator="O", **day),
        schedule("ELSEWHERE", calls(("MCV", "LDS"), 605), CIF_stp_indicator="O", **day),
        schedule("EXTRA", calls(("LIV", "BHM"), 605), CIF_stp_indicator="N", **day, train_status="1"),
        schedule("KEPT", None, CIF_stp_indicator="C", **dict.fromkeys(day, "2026-01-15")),
    )
    assert trains(path) == {
        "any core city": "3",
        "leeds": "2",
        "manchester": "2",
        "newcastle": "1",
        "birmingham": "1",
    }


@pytest.mark.parametrize(
    "changed",
    [
        {"schedule_days_runs": "1101111"},
        {"schedule_end_date": "2026-01-13"},
        {"schedule_start_date": "2026-01-15"},
        {"train_status": "5"},
        {"train_status": "B"},
    ],
    ids=["not on Wednesdays", "ended", "not begun", "a bus", "a bus of the permanent timetable"],
)
def test_what_does_not_run_as_a_train_on_that_day_does_not_count(tmp_path: Path, changed: dict[str, str]) -> None:
    assert trains(feed_file(tmp_path / "f.gz", schedule("A1", calls(TO_LEEDS, 600), **changed))) == {}


@pytest.mark.parametrize(
    ("extracted", "wednesday"),
    [
        (THURSDAY, "2026-01-14"),
        (dt.date(2026, 1, 7), "2026-01-14"),
        (dt.date(2026, 1, 8), "2026-01-21"),
        (dt.date(2026, 12, 14), "2027-01-06"),
        (dt.date(2024, 12, 24), "2025-01-15"),
    ],
    ids=["next but one", "a Wednesday", "the day after", "not two days before Christmas", "not New Year's Day"],
)
def test_the_typical_wednesday(tmp_path: Path, extracted: dt.date, wednesday: str) -> None:
    path = feed_file(tmp_path / "f.gz", extracted=extracted)
    assert {row["day"] for row in cities(path).values()} == {wednesday}


def test_illustrative_feed_meets_the_contract(tmp_path: Path, runner: Runner) -> None:
    path = tmp_path / "toc-full.json.gz"
    path.write_bytes(sample_files(tmp_path)[0].content)
    check_payload(path, media="gz", publisher="network_rail", dataset=TIMETABLE, where="f")
    assert failed_checks(runner, TIMETABLE, "direct_trains", path, relaxed=False) == []


def test_feed_without_liverpool_or_without_its_end_is_refused(tmp_path: Path, runner: Runner) -> None:
    others = feed_file(tmp_path / "o.gz", schedule("A1", calls(("MAN", "SHF"), 600)))
    refused = ["home_departures_in_range", "core_city_trains_in_range"]
    assert failed_checks(runner, TIMETABLE, "direct_trains", others, relaxed=True) == refused
    daily = [schedule(f"A{n}", calls(TO_LEEDS, 300 + n)) for n in range(120)]
    cut = feed_file(tmp_path / "c.gz", *daily, ended=False)
    assert failed_checks(runner, TIMETABLE, "direct_trains", cut, relaxed=True) == ["ended_accepted"]


def test_feed_whose_arrivals_have_another_name_is_no_feed_without_trains(tmp_path: Path, runner: Runner) -> None:
    content = gzip.decompress(sample_files(tmp_path)[0].content).replace(b'"public_arrival"', b'"arrival_public"')
    path = tmp_path / "f.gz"
    path.write_bytes(gzip.compress(content))
    assert trains(path) == {}
    assert failed_checks(runner, TIMETABLE, "direct_trains", path, relaxed=True) == ["core_city_trains_in_range"]


def test_truncated_and_other_bytes_are_refused_before_they_are_read(tmp_path: Path) -> None:
    whole = feed([schedule("A1", calls(TO_LEEDS, 600))])
    for name, content, told in (("cut", whole[:-9], "truncated gzip"), ("text", b'{"a": 1}', "other bytes")):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(PayloadError, match=told):
            check_payload(path, media="gz", publisher="network_rail", dataset=TIMETABLE, where=name)


def test_stations_are_found_by_the_code_that_the_feed_gives_its_places(tmp_path: Path, runner: Runner) -> None:
    content = sample_files(tmp_path)[0].content
    path = tmp_path / "f.gz"
    path.write_bytes(gzip.compress(gzip.decompress(content).replace(b'"crs_code": "GLC"', b'"crs_code": "ZZZ"')))
    assert cities(path)["glasgow"]["stations_found"] == "0"
    assert failed_checks(runner, TIMETABLE, "direct_trains", path, relaxed=True) == ["stations_found_in_range"]
