"""Department for Education: key stage 2, NEET, Local Authority Interactive Tool (Parquet); the rest invented."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sources.catalogue import load_catalogue
from sources.sample.carry.files import SampleFile, csv_file
from sources.sample.carry.nomis import ILLUSTRATIVE_CITATION, ILLUSTRATIVE_NOTE, NOT_A_RELEASE, SCALE
from sources.sample.carry.published import csv_rows, home_authorities, member_authorities

KS2 = "dfe/ks2/ks2_regional_and_local_authority_2016_to_2022_provisional.csv"
NEET = {
    2021: "dfe/neet/UD_NEETNK_LA_dashboard_2021_vg_removed.csv",
    2022: "dfe/neet/UD_NEETNK_LA_dashboard_2022_final.csv",
}
LAIT = "dfe/lait/bds_long_0.parquet"
NO_DAY = "the file does not say its day of publication: dated to the month"
DEPARTMENT = "Department for Education, "
SERVICE = "https://explore-education-statistics.service.gov.uk/find-statistics"
KNOWSLEY = "E08000011"
Figures = tuple[str | int, ...]  # of one group of pupils
KEY_STAGE_5 = ("aps_per_entry_student_count", "aps_per_entry", "best_three_alevels_aps")
AREAS = "England, regions, members of combined authorities"


def sample_files(published: Path) -> list[SampleFile]:
    return [
        key_stage_2(published),
        *(neet(published, year) for year in NEET),
        lait(published),
        *illustrative(published),
    ]


def key_stage_2(published: Path) -> SampleFile:
    columns = [
        *("time_period", "time_identifier", "geographic_level", "country_code", "country_name", "region_code"),
        *("region_name", "old_la_code", "new_la_code", "la_name", "version", "school_type", "gender"),
        *("t_rwm_eligible_pupils", "t_rwm_met_expected_standard", "pt_rwm_met_expected_standard"),
    ]
    keep = member_authorities(published)
    rows = [row for row in csv_rows(published / KS2) if not row["new_la_code"] or row["new_la_code"] in keep]
    return SampleFile(
        dataset="dfe_key_stage_2",
        file="dfe/ks2_regional_and_local_authority_2016_to_2022_provisional.csv",
        basis="published",
        published=dt.date(2022, 9, 1),
        kind="whole",
        url=f"{SERVICE}/key-stage-2-attainment",
        citation=f"{DEPARTMENT}Key stage 2 attainment, regional and local authority, 2015/16 to 2021/22 (provisional)",
        note=f"{AREAS}; reading, writing and mathematics at the expected standard only; {NO_DAY}",
        content=csv_file([columns, *([row[column] for column in columns] for row in rows)]),
    )


def neet(published: Path, year: int) -> SampleFile:
    rows = csv_rows(published / NEET[year])
    columns = list(rows[0])[: list(rows[0]).index("Notknown_percent") + 1]
    keep = member_authorities(published)
    carried = [row for row in rows if not row["new_la_code"] or row["new_la_code"] in keep]
    return SampleFile(
        dataset="dfe_neet",
        file=f"dfe/{Path(NEET[year]).name}",
        basis="published",
        published=dt.date(year, 7, 1),
        kind="whole",
        url=f"{SERVICE}/participation-in-education-training-and-neet-age-16-to-17-by-local-authority",
        citation=f"{DEPARTMENT}NEET and participation: local authority figures, {year}",
        note=f"{AREAS}; columns to Notknown_percent; {NO_DAY}",
        content=csv_file([columns, *([row[column] for column in columns] for row in carried)]),
        part=str(year),
    )


def lait(published: Path) -> SampleFile:
    """The measures that are loaded, as in the tool's file: text, and numbers of authorities as floating point."""
    measures = load_catalogue()["dfe_lait"].tables[0].keep
    assert measures is not None
    numbers = {
        int(row["old_la_code"])
        for row in csv_rows(published / KS2)
        if row["new_la_code"] in member_authorities(published)
    }
    rows = pq.read_table(published / LAIT)
    numbers |= set(range(970, 991))  # England and the regions
    carried = rows.filter(
        pc.and_(
            pc.match_substring_regex(pc.utf8_trim_whitespace(rows["Short Desc"]), measures.pattern),
            pc.is_in(rows["LA Number"], pa.array(sorted(numbers), pa.float64())),
        )
    )
    target = io.BytesIO()
    pq.write_table(carried.replace_schema_metadata(None), target, compression="zstd", store_schema=False)
    return SampleFile(
        dataset="dfe_lait",
        file="dfe/bds_long_0.parquet",
        basis="published",
        published=dt.date(2026, 4, 1),
        kind="whole",
        url="https://www.gov.uk/government/publications/local-authority-interactive-tool-lait",
        citation=f"{DEPARTMENT}Local Authority Interactive Tool, April 2026",
        note=f"{AREAS}; attainment and NEET only; {NO_DAY}",
        content=target.getvalue(),
    )


def illustrative(published: Path) -> list[SampleFile]:
    """CSVs of two data sets for one year: everybody, and one group that is not to be added to them."""
    groups = ("sex", "disadvantage_status", "ethnicity_major", "ethnicity_minor", "first_language", "prior_attainment")
    everybody = ("Total",) * len(groups)
    high = (*everybody[:-1], "High prior attainment")
    key_stage_4: list[Figures] = [(*everybody, 1_000, 40, 40, 60), (*high, 500, 60, 90, 100)]
    cohorts: list[Figures] = [("A level", "Total", 200, 35, 36), ("A level", "Disadvantaged", 50, 30, 30)]
    none: list[Figures] = [("A level", "Total", 0, "z", "z")]
    tech: list[Figures] = [("Tech level", "Total", 50, 30, "z")]
    return [
        _data_set(
            published,
            "dfe_key_stage_4",
            "key-stage-4-performance",
            (*groups, "pupil_count", "attainment8_average", "engmath_95_percent", "engmath_94_percent"),
            dict.fromkeys(SCALE, key_stage_4),
        ),
        _data_set(
            published,
            "dfe_16_to_18_results",
            "a-level-and-other-16-to-18-results",
            ("exam_cohort", "disadvantage_status", *KEY_STAGE_5),
            # An authority without A level students: the tool has no points for it either.
            {area: (none if area == KNOWSLEY else cohorts) + tech for area in SCALE},
        ),
    ]


def _data_set(
    published: Path, dataset: str, page: str, columns: Sequence[str], rows: Mapping[str, Sequence[Figures]]
) -> SampleFile:
    """`rows` by authority; the first number in a row is a count, and is multiplied by the scale of the authority."""
    names = (
        *("time_period", "time_identifier", "geographic_level", "country_code", "country_name", "region_code"),
        *("region_name", "old_la_code", "new_la_code", "la_name"),
    )
    place = ("202425", "Academic year", "Local authority", "E92000001", "England", "E12000002", "North West")
    count = next(index for index, column in enumerate(columns) if column.endswith("_count"))
    return SampleFile(
        dataset=dataset,
        file=f"dfe/{dataset.removeprefix('dfe_')}.illustrative.csv",
        basis="illustrative",
        published=NOT_A_RELEASE,
        kind="excerpt",
        url=f"{SERVICE}/{page}",
        citation=ILLUSTRATIVE_CITATION.replace("reply's", "data set's"),
        note=ILLUSTRATIVE_NOTE,
        content=csv_file(
            [
                (*names, *columns),
                *(
                    (*place, "", code, name, *row[:count], int(row[count]) * SCALE[code], *row[count + 1 :])
                    for code, name in home_authorities(published).items()
                    for row in rows[code]
                ),
            ]
        ),
    )
