"""UKRI: Innovate UK funded projects. No published project of the home area was at hand: all are invented."""

from __future__ import annotations

from pathlib import Path

from sources.sample.carry.files import Cell, SampleFile, workbook
from sources.sample.carry.nomis import ILLUSTRATIVE_CITATION, ILLUSTRATIVE_NOTE, NOT_A_RELEASE, SCALE
from sources.sample.carry.published import home_authorities

HEADER: tuple[Cell, ...] = (
    *("Competition Reference", "Competition Title", "Programme Title", "Sector", "Application Number"),
    *("Project Number", "Project Title", "Public Description", "Competition Year", "Innovate UK Product Type"),
    *("Participant Name", "Is Lead Participant", "CRN", "Project Start Date", "Project End Date"),
    *("Award Offered (£)", "Total Costs (£)", "Actual Spend to Date (£)", "Participant Withdrawn From Project"),
    *("Project Status", "Enterprise Size", "Postcode", "Address Region", "Address LEP", "Address Local Authority"),
    *("In Multiple LEPs", "Industrial Strategy Challenge Fund (ISCF)"),
)
YEARS = (2022, 2023, 2024)
PRODUCT = "Knowledge Transfer Partnership"


def sample_files(published: Path) -> list[SampleFile]:
    """Each year so many partnerships in each authority as its scale, the academic partner always in Liverpool."""
    rows: list[list[Cell]] = []
    for year in YEARS:
        for code, name in home_authorities(published).items():
            for number in range(SCALE[code]):
                project = f"{year}-{code}-{number}"
                rows.append(_participant(project, year, "Yes", "Academic", "Liverpool"))
                rows.append(_participant(project, year, "No", "Micro/small", name))
    return [
        SampleFile(
            dataset="ukri_innovate_uk_projects",
            file="ukri/IUK-Innovate-UK-funded-projects-from-financial-year-2016-17-to-present.illustrative.xlsx",
            basis="illustrative",
            published=NOT_A_RELEASE,
            kind="excerpt",
            url="https://www.ukri.org/publications/innovate-uk-funded-projects-since-2004/",
            citation=ILLUSTRATIVE_CITATION.replace("reply", "workbook"),
            note=ILLUSTRATIVE_NOTE,
            content=workbook({"Funded Projects": [HEADER, *rows]}),
        )
    ]


def _participant(project: str, year: int, lead: str, size: str, authority: str) -> list[Cell]:
    said: dict[str, Cell] = {
        "Project Number": project,
        "Innovate UK Product Type": PRODUCT,
        "Participant Name": "ILLUSTRATIVE",
        "Is Lead Participant": lead,
        "Project Start Date": f"{year}-04-01",
        "Participant Withdrawn From Project": "Active",
        "Enterprise Size": size,
        "Address Local Authority": authority,
    }
    return [said.get(str(name), "") for name in HEADER]
