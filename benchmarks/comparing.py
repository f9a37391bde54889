"""Whether two DuckDB files hold the same facts: all rows, all columns."""

from __future__ import annotations

from pathlib import Path

import duckdb

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
