"""Whether facts are what they should be: those of another build in all columns, or sums over the file behind them."""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.publishers_files import SUB_SECTORS

FACTS = "mart.fct_observation"


def differing(facts: Path, others: Path) -> tuple[int, int]:
    """Rows of the facts in one file, and how many rows of either are not in the other."""
    with duckdb.connect() as con:
        con.execute(f"attach '{facts}' as one (read_only)")
        con.execute(f"attach '{others}' as other (read_only)")
        con.execute(f"create view one_facts as select * from one.{FACTS}")
        columns = ", ".join(name for name, *_ in con.execute("describe one_facts").fetchall())
        con.execute(f"create view other_facts as select {columns} from other.{FACTS}")
        found = con.execute("""
            select (select count(*) from one_facts),
                (select count(*) from (from one_facts except all from other_facts))
                + (select count(*) from (from other_facts except all from one_facts))""").fetchone()
    return (int(found[0]), int(found[1])) if found else (0, 0)


def differing_emissions(mart: Path, file: Path) -> int:
    """Facts on emissions by sector that are not the sums over the publisher's file, and sums that are no facts."""
    indicators = ", ".join(f"('{sector}', 'emissions_{sector.lower().replace(' ', '_')}')" for sector in SUB_SECTORS)
    with duckdb.connect() as con:
        con.execute("set memory_limit = '1GB'")
        con.execute(f"attach '{mart}' as outcomes (read_only)")
        con.execute(f"""
            create table expected as
            select indicator_id, "Local Authority Code" as ref_area, "Calendar Year" || '-01-01/P1Y' as time_period,
                cast(sum("Territorial emissions (kt CO2e)") as double) as obs_value
            from read_csv('{file}', quote = '"', types = {{'Territorial emissions (kt CO2e)': 'decimal(30, 10)'}})
            inner join (values {indicators}) as indicators (sector, indicator_id) on sector = "LA GHG Sector"
            where "Local Authority Code" is not null
            group by all""")
        con.execute(f"""
            create table facts as
            select indicator_id, ref_area, time_period, obs_value from outcomes.{FACTS}
            where dataset = 'desnz_ghg_emissions' and value_origin = 'published'
                and indicator_id in (select indicator_id from expected)""")
        found = con.execute("""
            select (select count(*) from (from facts except all from expected))
                + (select count(*) from (from expected except all from facts))""").fetchone()
    return int(found[0]) if found else 0
