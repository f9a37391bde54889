"""Nomis: replies in the API's CSV, quoted as Nomis quotes. The Annual Population Survey, employment by class of
industry and population by year of age carry published figures; the other replies are illustrative: round multiples
of one scale.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from sources.sample.carry.files import SampleFile
from sources.sample.carry.published import HOME_AREA, csv_rows, home_authorities, number, recut_rows

NOT_A_RELEASE = dt.date(2026, 1, 1)  # every illustrative reply carries this date; no publisher released it
ILLUSTRATIVE_CITATION = "none: invented round figures in the reply's format"
ILLUSTRATIVE_NOTE = "invented: round multiples of one scale"

NORMAL = ("A", "Normal Value")
MISSING = ("Q", "These figures are missing.")
SMALL_SAMPLE = (
    "G",
    "Estimate and confidence interval unreliable since the group sample size is small (3-9)",
)
FREE = ("F", "Free (free for publication)")


@dataclass(frozen=True)
class Code:
    """One code of a dimension as a reply spells it out; `name` is the column prefix, `kind` its type."""

    name: str
    code: str
    label: str
    kind: str
    type_code: int
    sort_order: int
    text: str = ""  # the GEOGRAPHY_CODE or INDUSTRY_CODE, where it is not the code asked

    @property
    def cells(self) -> list[str | int]:
        return [self.code, self.label, self.text or self.code, self.kind, self.type_code, self.sort_order]


Observation = tuple[int | float | None, tuple[str, str]]


def date(code: str, label: str = "") -> Code:
    return Code("DATE", code, label or code, "date", 0, 0)


def geographies(published: Path) -> list[Code]:
    kind = "local authorities: county / unitary (as of April 2023)"
    return [
        Code("GEOGRAPHY", code, name, kind, 423, order)
        for order, (code, name) in enumerate(home_authorities(published).items())
    ]


ENGLAND = Code("GEOGRAPHY", "E92000001", "England", "countries", 499, 0)

VALUE = ("20100", "Value")
APS_MEASURES = (
    ("20599", "Variable"),
    ("21001", "Numerator"),
    ("21002", "Denominator"),
    ("21003", "Confidence"),
)


def reply(
    dataset: str,
    dimensions: Sequence[Sequence[Code]],
    measures: Sequence[tuple[str, str]],
    observe: Callable[[tuple[Code, ...], str], Observation],
) -> bytes:
    """A whole reply: every combination of the dimensions' codes (date first) and measures, in order."""
    header = [
        *(f"{codes[0].name}{suffix}" for codes in dimensions for suffix in _SUFFIXES),
        *("MEASURES", "MEASURES_NAME", "OBS_VALUE", "OBS_STATUS", "OBS_STATUS_NAME"),
        *("OBS_CONF", "OBS_CONF_NAME", "URN", "RECORD_OFFSET", "RECORD_COUNT"),
    ]
    cells = list(product(product(*dimensions), measures))
    lines = [_line(header)]
    for offset, (codes, (measure, measure_name)) in enumerate(cells):
        value, status = observe(codes, measure)
        urn = "-".join([dataset.replace("_", "-"), *(code.code for code in codes), measure])
        row = [cell for code in codes for cell in code.cells]
        row += [measure, measure_name]
        lines.append(_line([*row, value, *status, *FREE, urn, offset, len(cells)]))
    return "".join(lines).encode()


_SUFFIXES = ("", "_NAME", "_CODE", "_TYPE", "_TYPECODE", "_SORTORDER")


def _line(cells: Iterable[str | int | float | None]) -> str:
    return ",".join(_cell(cell) for cell in cells) + "\n"


def _cell(cell: str | int | float | None) -> str:
    if cell is None:
        return ""
    return '"' + cell.replace('"', '""') + '"' if isinstance(cell, str) else str(cell)


def sample_files(published: Path) -> list[SampleFile]:
    return [
        annual_population_survey(published),
        annual_population_survey_illustrative(published),
        employment(published),
        enterprises(published),
        jobs_density(published),
        population(published),
        claimant_count(published),
        employment_by_class(published),
        enterprises_by_class(published),
        employment_by_small_area(),
        population_by_year_of_age(published),
    ]


# NM_17_5: Annual Population Survey

APS_YEARS = range(2014, 2024)
APS_VARIABLES = {
    45: "Employment rate - aged 16-64",
    111: "% who are economically inactive - aged 16-64",
    290: "% with NVQ4+ - aged 16-64",
    720: "% with NVQ3+ - aged 16-64",
    344: "% with no qualifications (NVQ) - aged 16-64",
}
# The ids of RQF1+ to RQF3+ are not known: 9001 to 9003 are placeholders, found by label like the rest.
RQF_VARIABLES = {
    45: "Employment rate - aged 16-64",
    111: "% who are economically inactive - aged 16-64",
    9001: "% with RQF1+ - aged 16-64",
    9002: "% with RQF2+ - aged 16-64",
    9003: "% with RQF3+ - aged 16-64",
    1902: "% with RQF4+ - aged 16-64",
    1947: "% with no qualifications (RQF) - aged 16-64",
}
ROUND_PER_CENT = {45: 70, 111: 25, 9001: 85, 9002: 75, 9003: 60, 1902: 40, 1947: 10}
ROUND_CONFIDENCE = 5.0


def _variables(labels: dict[int, str]) -> list[Code]:
    return [
        Code("VARIABLE", str(id_), label, "variable", 0, order) for order, (id_, label) in enumerate(labels.items())
    ]


def _calendar_year(year: int) -> Code:
    return date(f"{year}-12", f"Jan {year}-Dec {year}")


def _cell_key(row: dict[str, Any]) -> tuple[str, str, int, int]:
    """Month, area, variable and measure of a row of the re-cut."""
    return str(row["date"])[:7], row["geography_code"], int(row["variable_code"]), int(row["measures_code"])


def annual_population_survey(published: Path) -> SampleFile:
    areas = geographies(published)
    recut = recut_rows(
        published / "nomis/aps_lad/nomis-lad.parquet",
        [
            ("geography_code", "in", [area.code for area in areas]),
            ("variable_code", "in", list(APS_VARIABLES)),
        ],
    )
    values = {_cell_key(row): row["value"] for row in recut}

    def observe(codes: tuple[Code, ...], measure: str) -> Observation:
        period, area, variable = (code.code for code in codes)
        value = values[period, area, int(variable), int(measure)]
        if value is None or math.isnan(value):
            return None, MISSING
        return number(str(value)), NORMAL

    years = [_calendar_year(year) for year in APS_YEARS]
    return SampleFile(
        dataset="nomis_nm_17_5",
        file="nomis/NM_17_5.data.csv",
        basis="published",
        published=dt.date(2024, 4, 16),
        kind="reconstructed",
        url="https://www.nomisweb.co.uk/api/v01/dataset/NM_17_5.data.csv",
        citation="Office for National Statistics, Annual Population Survey (Nomis NM_17_5), January to "
        "December 2014 to 2023",
        note="published values set in the reply's shape: variables 45, 111, 290, 720, 344; measures 20599 and 21001",
        content=reply("NM_17_5", [years, areas, _variables(APS_VARIABLES)], APS_MEASURES[:2], observe),
    )


def annual_population_survey_illustrative(published: Path) -> SampleFile:
    areas = [*geographies(published), ENGLAND]
    shift = {area.code: 5 * (order % 3 - 1) for order, area in enumerate(areas)}

    def observe(codes: tuple[Code, ...], measure: str) -> Observation:
        area, variable = codes[1].code, int(codes[2].code)
        per_cent = ROUND_PER_CENT[variable] + (shift[area] if variable != RQF_NONE else 0)
        base = 80_000 * SCALE[area]
        if measure == CONFIDENCE and (area, variable) == (HALTON, RQF_NONE):
            return None, SMALL_SAMPLE
        shown = {"20599": per_cent, "21001": base * per_cent // 100, "21002": base, "21003": ROUND_CONFIDENCE}
        return shown[measure], NORMAL

    dimensions = [[_calendar_year(2024)], areas, _variables(RQF_VARIABLES)]
    content = reply("NM_17_5", dimensions, APS_MEASURES, observe)
    return _illustrative("NM_17_5", content, part="illustrative")


# Illustrative replies

HALTON = "E06000006"
RQF_NONE = 1947
CONFIDENCE = "21003"
# Halton, Knowsley and St Helens 1, Sefton and Wirral 2, Liverpool 4, England 400: multiples, not estimates.
SCALE = {
    HALTON: 1,
    "E08000011": 1,
    "E08000012": 4,
    "E08000013": 1,
    "E08000014": 2,
    "E08000015": 2,
    "E92000001": 400,
}


def _illustrative(dataset: str, content: bytes, part: str = "", cut: str = "") -> SampleFile:
    """`cut`: which of several requests to one data set, as the dataset and the file name it."""
    return SampleFile(
        dataset="_".join(filter(None, (f"nomis_{dataset.lower()}", cut))),
        part=part,
        file=f"nomis/{'.'.join(filter(None, (dataset, cut)))}.illustrative.data.csv",
        basis="illustrative",
        published=NOT_A_RELEASE,
        kind="excerpt",
        url=f"https://www.nomisweb.co.uk/api/v01/dataset/{dataset}.data.csv",
        citation=ILLUSTRATIVE_CITATION,
        note=ILLUSTRATIVE_NOTE,
        content=content,
    )


def _industries(published: Path) -> list[Code]:
    """Total and the 21 sections, spelled as a recorded reply spells them."""
    recorded = csv_rows(published / "nomis/replies_kirklees/nomis-bres-sic-sections.csv")
    labels = {row["INDUSTRY"]: (row["INDUSTRY_NAME"], row["INDUSTRY_CODE"]) for row in recorded}
    total = Code("INDUSTRY", "37748736", "Total", "industry", 9, 0)
    sections = [
        Code("INDUSTRY", code, label, "SIC 2007 section", 36, order, text)
        for order, (code, (label, text)) in enumerate(sorted(labels.items()))
    ]
    return [total, *sections]


def _by_industry(codes: tuple[Code, ...], per_section: int) -> int:
    sections = 21 if codes[2].label == "Total" else 1
    return per_section * sections * SCALE[codes[1].code]


def employment(published: Path) -> SampleFile:
    statuses = [
        Code("EMPLOYMENT_STATUS", "1", "Employees", "Employment", 1000, 0),
        Code("EMPLOYMENT_STATUS", "4", "Employment", "Employment", 1000, 1),
    ]
    count = [Code("MEASURE", "1", "Count", "percent", 1000, 0)]
    per_section = {"1": 2_000, "4": 3_000}

    def observe(codes: tuple[Code, ...], measure: str) -> Observation:
        return _by_industry(codes, per_section[codes[3].code]), NORMAL

    areas = [*geographies(published), ENGLAND]
    dimensions = [[date("2024")], areas, _industries(published), statuses, count]
    return _illustrative("NM_189_1", reply("NM_189_1", dimensions, [VALUE], observe))


def enterprises(published: Path) -> SampleFile:
    all_sizes = [Code("EMPLOYMENT_SIZEBAND", "0", "Total", "employment sizeband", 1000, 0)]
    all_statuses = [Code("LEGAL_STATUS", "0", "Total", "legal status", 1000, 0)]

    def observe(codes: tuple[Code, ...], measure: str) -> Observation:
        return _by_industry(codes, 200), NORMAL

    areas = [*geographies(published), ENGLAND]
    dimensions = [[date("2025")], areas, _industries(published), all_sizes, all_statuses]
    return _illustrative("NM_142_1", reply("NM_142_1", dimensions, [VALUE], observe))


def jobs_density(published: Path) -> SampleFile:
    items = [Code("ITEM", "1", "Total jobs", "item", 0, 0), Code("ITEM", "3", "Jobs density", "item", 0, 1)]

    def observe(codes: tuple[Code, ...], measure: str) -> Observation:
        return (0.75 if codes[2].code == "3" else 60_000 * SCALE[codes[1].code]), NORMAL

    years = [date(str(year)) for year in (2021, 2022, 2023)]
    dimensions = [years, [*geographies(published), ENGLAND], items]
    return _illustrative("NM_57_1", reply("NM_57_1", dimensions, [VALUE], observe))


def population(published: Path) -> SampleFile:
    persons = [Code("SEX", "7", "Total", "sex", 0, 0)]
    ages = [Code("AGE", "0", "All ages", "age", 0, 0), Code("AGE", "22", "Aged 16 to 64", "age", 0, 1)]

    def observe(codes: tuple[Code, ...], measure: str) -> Observation:
        return (80_000 if codes[3].code == "22" else 120_000) * SCALE[codes[1].code], NORMAL

    years = [date(str(year)) for year in (2021, 2022, 2023, 2024)]
    dimensions = [years, [*geographies(published), ENGLAND], persons, ages]
    return _illustrative("NM_31_1", reply("NM_31_1", dimensions, [VALUE], observe))


def claimant_count(published: Path) -> SampleFile:
    persons = [Code("GENDER", "0", "Total", "Sex", 1000, 0)]
    ages = [Code("AGE", "0", "All categories: Age 16+", "Ageband", 2000, 0)]
    items = [
        Code("MEASURE", "1", "Claimant count", "measures", 1000, 0),
        Code("MEASURE", "2", "Claimants as a proportion of residents aged 16-64", "measures", 1000, 1),
    ]

    def observe(codes: tuple[Code, ...], measure: str) -> Observation:
        return (5 if codes[4].code == "2" else 4_000 * SCALE[codes[1].code]), NORMAL

    months = [date(f"2025-{m:02}", f"{dt.date(2025, m, 1):%B} 2025") for m in (9, 10, 11)]
    dimensions = [months, [*geographies(published), ENGLAND], persons, ages, items]
    return _illustrative("NM_162_1", reply("NM_162_1", dimensions, [VALUE], observe))


# By class of industry, by small area, by year of age

SIC_LISTS = Path(__file__).resolve().parents[3] / "dbt_project/seeds/framework/sic_lists.csv"
CLASS_BASE = 138_412_032  # Nomis's id of a class of SIC 2007 is this + its four digits
CITY_REGION = Code("GEOGRAPHY", "UKD7", "Merseyside", "NUTS level 2", 438, 0)
EMPLOYED = Code("EMPLOYMENT_STATUS", "4", "Employment", "Employment", 1000, 0)
COUNT = Code("MEASURE", "1", "Count", "percent", 1000, 0)


def _classes(*lists: str) -> list[Code]:
    """Every class that the lists of industries name, once, in order."""
    names = {row["sic_code"]: row["sic_name"] for row in csv_rows(SIC_LISTS) if row["list_id"] in lists}
    return [
        Code("INDUSTRY", str(CLASS_BASE + int(sic)), f"{sic} : {name}", "SIC 2007 class (4 digit)", 33, order, sic)
        for order, (sic, name) in enumerate(sorted(names.items()))
    ]


def employment_by_class(published: Path) -> SampleFile:
    """Published employment of the city region as a whole by subclass (five digits), added up to classes."""
    counts: dict[tuple[str, str], float] = defaultdict(float)
    for row in csv_rows(published / "nomis/bres_itl2/DERIVED_bres_itl2_merseyside_5digit_2015_2021.csv"):
        counts[row["DATE"], row["INDUSTRY_CODE"][:4]] += float(row["COUNT"])

    def observe(codes: tuple[Code, ...], measure: str) -> Observation:
        return number(str(counts[codes[0].code, codes[2].text])), NORMAL

    years = [date(str(year)) for year in range(2015, 2022)]
    classes = _classes("creative", "cultural", "tourism", "low_carbon", "circular")
    unknown = [sic.text for sic in classes if (years[0].code, sic.text) not in counts]
    if unknown:
        raise ValueError(f"no published employment for the classes {unknown}")
    return SampleFile(
        dataset="nomis_nm_189_1_classes",
        file="nomis/NM_189_1.classes.data.csv",
        basis="published",
        published=dt.date(2022, 10, 13),
        kind="reconstructed",
        url="https://www.nomisweb.co.uk/api/v01/dataset/NM_189_1.data.csv",
        citation="Office for National Statistics, Business Register and Employment Survey, open access (Nomis "
        "NM_189_1), employment in Merseyside (UKD7, the city region) by subclass of SIC 2007, 2015 to 2021",
        note="published values set in the reply's shape; a class of several subclasses is the sum of rounded "
        "subclasses, and may differ from the class as Nomis rounds it",
        content=reply("NM_189_1", [years, [CITY_REGION], classes, [EMPLOYED], [COUNT]], [VALUE], observe),
    )


def enterprises_by_class(published: Path) -> SampleFile:
    all_sizes = [Code("EMPLOYMENT_SIZEBAND", "0", "Total", "employment sizeband", 1000, 0)]
    all_statuses = [Code("LEGAL_STATUS", "0", "Total", "legal status", 1000, 0)]
    per_class = {"2024": 1_000, "2025": 1_100}

    def observe(codes: tuple[Code, ...], measure: str) -> Observation:
        return per_class[codes[0].code] * SCALE[codes[1].code], NORMAL

    areas = [*geographies(published), ENGLAND]
    classes = _classes("creative", "low_carbon")
    dimensions = [[date(year) for year in per_class], areas, classes, all_sizes, all_statuses]
    return _illustrative("NM_142_1", reply("NM_142_1", dimensions, [VALUE], observe), cut="classes")


def employment_by_small_area() -> SampleFile:
    kind = "2011 super output areas - lower layer"
    city_centre = Code("GEOGRAPHY", "E01033760", "Liverpool city centre", kind, 298, 0)
    total = Code("INDUSTRY", "37748736", "Total", "industry", 9, 0)

    def observe(codes: tuple[Code, ...], measure: str) -> Observation:
        return 10_000, NORMAL

    dimensions = [[date("2023"), date("2024")], [city_centre], [total], [EMPLOYED], [COUNT]]
    return _illustrative("NM_189_1", reply("NM_189_1", dimensions, [VALUE], observe), cut="lsoa")


def population_by_year_of_age(published: Path) -> SampleFile:
    """Rows of a recorded reply: the city region and its authorities, all ages."""
    recorded = published / "nomis/replies_lcr_population/lad.csv"
    areas = home_authorities(published)
    found = {
        row["GEOGRAPHY_CODE"]: row
        for row in csv_rows(recorded)
        if row["GEOGRAPHY_CODE"] in (*areas, HOME_AREA) and row["GEOGRAPHY_TYPECODE"] in ("432", "442")
        if row["C_AGE"] == "200"
    }

    def observe(codes: tuple[Code, ...], measure: str) -> Observation:
        return number(found[codes[1].code]["OBS_VALUE"]), NORMAL

    places = [
        Code("GEOGRAPHY", code, row["GEOGRAPHY_NAME"], row["GEOGRAPHY_TYPE"], int(row["GEOGRAPHY_TYPECODE"]), order)
        for order, (code, row) in enumerate(sorted(found.items()))
    ]
    persons = [Code("GENDER", "0", "Total", "Sex", 1000, 0)]
    ages = [Code("C_AGE", "200", "All Ages", "Labour Market category", 5000, 0)]
    return SampleFile(
        dataset="nomis_nm_2002_1",
        file="nomis/NM_2002_1.data.csv",
        basis="published",
        published=dt.date(2022, 12, 21),
        kind="excerpt",
        url="https://www.nomisweb.co.uk/api/v01/dataset/NM_2002_1.data.csv",
        citation="Office for National Statistics, mid-year population estimates (Nomis NM_2002_1), 2021",
        note="all ages of the city region and its authorities",
        content=reply("NM_2002_1", [[date("2021")], places, persons, ages], [VALUE], observe),
    )
