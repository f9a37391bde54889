"""Opens the published mart read-only and asks what a first-time user would ask."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

MART = Path(__file__).resolve().parents[1] / "data" / "published" / "outcomes.duckdb"

MEASURES = 88
# DESNZ, UK local authority greenhouse gas emissions 2005 to 2024, June 2026 release, kt CO2e.
EMISSIONS_2024 = {
    "emissions_transport": 1928.3,
    "emissions_domestic": 1707.3,
    "emissions_industry": 1140.1,
    "emissions_commercial": 653.4,
}


def main() -> int:
    problems = []
    with duckdb.connect(MART, read_only=True) as con:
        ((build_id, built_from),) = con.execute("select build_id, built_from from mart.build").fetchall()
        sys.stdout.write(f"build {build_id} from {built_from}\n")
        (measures,) = con.execute("select count(distinct measure_id) from mart.mart_measure_coverage").fetchone()
        if measures != MEASURES:
            problems.append(f"expected {MEASURES} measures, found {measures}")
        rows = con.execute(
            "select indicator_id, obs_value from mart.fct_observation where is_latest and basis = 'published' "
            "and ref_area = 'E47000004' and time_period = '2024-01-01/P1Y' and indicator_id like 'emissions_%'"
        ).fetchall()
        found = dict(rows)
        for indicator, expected in EMISSIONS_2024.items():
            if indicator not in found or abs(found[indicator] - expected) > 0.05 + 1e-9:
                problems.append(f"{indicator}: expected {expected}, found {found.get(indicator)}")
            sys.stdout.write(f"{indicator} 2024: {found.get(indicator)}\n")
        (uncommented,) = con.execute(
            "select count(*) from duckdb_columns() where schema_name = 'mart' and comment is null"
        ).fetchone()
        if uncommented:
            problems.append(f"{uncommented} columns have no comment")
    for problem in problems:
        sys.stdout.write(f"FAILED: {problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
