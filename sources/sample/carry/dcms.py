"""DCMS: Community Life Survey. No published figure of an authority was at hand: all are invented."""

from __future__ import annotations

from pathlib import Path

from sources.sample.carry.files import Cell, Rows, SampleFile, workbook
from sources.sample.carry.nomis import ILLUSTRATIVE_CITATION, ILLUSTRATIVE_NOTE, NOT_A_RELEASE
from sources.sample.carry.published import home_authorities

YEAR = "2024/25"
FIGURES: tuple[Cell, ...] = (
    f"{YEAR} Percentage (%)",
    f"{YEAR} Lower Estimate percentage (%)",
    f"{YEAR} Upper Estimate percentage (%)",
    f"{YEAR} Number of respondents",
    f"{YEAR} Unweighted Base - number of people aged 16 and over",
)
# Sheet -> how its title begins, share in percent.
QUESTIONS = {
    "B5": ("Extent of agreement that you can personally influence decisions affecting the local area", 20),
    "B10": ("Levels of agreement that you are proud to live in your local area", 60),
    "B1": ("Strength of feelings of belonging to immediate neighbourhood", 60),
    "C1(F)": ("Any Volunteering at least once in the last 12 months", 50),
}
PERIOD = "people aged 16 and over, England, October 2024 to March 2025"


def sample_files(published: Path) -> list[SampleFile]:
    sheets: dict[str, Rows] = {"Contents": [["ILLUSTRATIVE: every figure is invented"]]}
    for table, (title, percent) in QUESTIONS.items():
        letter, _, part = table.partition("(")
        suffix = f"({part}" if part else ""
        sheets[f"{letter}b{suffix}"] = _england(title, percent)
        sheets[f"{letter}c{suffix}"] = _authorities(published, title, percent)
    return [
        SampleFile(
            dataset="dcms_community_life",
            file="dcms/Community_Life_Survey_2024_25_Annual_tables.illustrative.xlsx",
            basis="illustrative",
            published=NOT_A_RELEASE,
            kind="excerpt",
            url="https://www.gov.uk/government/collections/community-life-survey--2",
            citation=ILLUSTRATIVE_CITATION.replace("reply", "workbook"),
            note=ILLUSTRATIVE_NOTE,
            content=workbook(sheets),
        )
    ]


def _estimate(percent: int) -> list[Cell]:
    """Estimate, limits, respondents, base: the same everywhere."""
    return [percent, percent - 3, percent + 3, 5 * percent, 500]


def _england(title: str, percent: int) -> Rows:
    return [
        [f"{title}, {PERIOD}"],
        [],
        ["Question", "Topic Breakdown", "Individual Breakdown", "Response", *FIGURES],
        [title, "Total", "Total", "Agree", *_estimate(percent)],
        ["", "Region (ITL1 level)", "North West", "Agree", *_estimate(percent)],
    ]


def _authorities(published: Path, title: str, percent: int) -> Rows:
    return [
        [f"{title}, by local authority, {PERIOD}"],
        [],
        ["Question", "Response Breakdown ", *FIGURES, "LAD23 code", "ITL2 name"],
        [title],
        *(["", name, *_estimate(percent), code, "Merseyside"] for code, name in home_authorities(published).items()),
    ]
