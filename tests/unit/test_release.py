"""Order of releases, and from which day each was known."""

from __future__ import annotations

import datetime as dt

import pytest

from sources.release import Candidate, Release, in_order, known_from


def release(name: str, published: str, revised: str | None = None, **changes: str) -> Release:
    facts = {"dataset": "d", "part": "", "basis": "published"} | changes
    return Release(
        release_id=name,
        title="",
        url="",
        published_at=dt.date.fromisoformat(published),
        published_at_basis="publisher",
        revised_at=dt.date.fromisoformat(revised or published),
        retrieved_at=dt.datetime(2026, 7, 1, tzinfo=dt.UTC),
        sha256=name,
        origin="live",
        kind="whole",
        citation="",
        **facts,
    )


def known(*releases: Release) -> dict[str, str]:
    return {name: str(day) for name, day in known_from(releases).items()}


def test_a_release_is_known_from_the_publishers_date() -> None:
    # The file's own date is a day later: the publisher's date stands, and intervals of two releases meet.
    october, february = release("a", "2025-10-02"), release("b", "2026-02-19", "2026-02-20")
    assert known(february, october) == {"a": "2025-10-02", "b": "2026-02-19"}


def test_a_file_put_out_again_under_an_old_date_is_known_from_its_own() -> None:
    # Explore Local Statistics, gross value added: the file of 26 June 2026 states its source's date of June 2025.
    may, june = release("may", "2026-05-29"), release("june", "2025-06-19", "2026-06-26")
    assert in_order([june, may]) == [may, june]
    assert known(may, june) == {"may": "2026-05-29", "june": "2026-06-26"}


def test_a_file_corrected_under_the_same_date_is_known_from_its_own() -> None:
    first, corrected = release("first", "2026-05-29"), release("corrected", "2026-05-29", "2026-06-02")
    assert known(corrected, first) == {"first": "2026-05-29", "corrected": "2026-06-02"}


def test_alone_it_is_known_from_the_date_it_states() -> None:
    assert known(release("june", "2025-06-19", "2026-06-26")) == {"june": "2025-06-19"}


def test_parts_and_invented_figures_do_not_follow_one_another() -> None:
    newer, part = release("a", "2026-05-29"), release("b", "2025-06-19", "2026-06-26", part="other")
    invented = release("c", "2025-06-19", "2026-06-26", basis="illustrative")
    assert known(newer, part, invented) == {"a": "2026-05-29", "b": "2025-06-19", "c": "2025-06-19"}


@pytest.mark.parametrize(
    ("offered", "taken"),
    [
        ("Table 1.1 (final).xlsx", "Table 1.1 (final).xlsx"),
        ("../../../home/user/.bashrc", ".bashrc"),
        ("/etc/cron.d/job", "job"),
        ("..\\..\\job.csv", "job.csv"),
        ("C:\\job.csv", "job.csv"),
        ("..", "file"),
        ("a/..", "file"),
        ("folder/", "file"),
        ("", "file"),
        ("a\0b\n.csv", "ab.csv"),
    ],
)
def test_name_that_a_publisher_gives_a_file_leads_out_of_no_folder(offered: str, taken: str) -> None:
    assert Candidate(dataset="d", part="", title="", url="", file_name=offered).file_name == taken
