"""A DuckDB of any version reads the mart; see `test_clients.py` for what is asked."""

import json
import sys

import duckdb

SHOWN = "indicator_id, value, decimals, period_start, is_stale"


def answers(con):
    def rows(statement):
        return con.execute(statement).fetchall()

    tables = [name for (name,) in rows("select table_name from duckdb_tables() where schema_name = 'mart'")]
    ((comment,),) = rows(
        "select comment from duckdb_columns() where table_name = 'fct_observation' and column_name = 'obs_value'"
    )
    (figure,) = rows(sys.argv[2])
    return {
        "version": duckdb.__version__,
        "build_id": rows("select build_id from mart.build")[0][0],
        "figure": figure[0],
        "tables": {name: rows(f'select count(*) from mart."{name}"')[0][0] for name in tables},
        "types": {row[0]: row[1] for row in rows(f"describe select {SHOWN} from mart.mart_indicator_series")},
        "values": rows("select count(value) from mart.mart_indicator_series")[0][0],
        "missing": rows("select value from mart.mart_indicator_series where value is null limit 1")[0][0],
        "comment": comment,
    }


con = duckdb.connect(sys.argv[1], read_only=True)
for line in sys.stdin:
    word = line.strip()
    if word == "reconnect":
        con.close()
        con = duckdb.connect(sys.argv[1], read_only=True)
    # A second connection while the first is held.
    asked = duckdb.connect(sys.argv[1], read_only=True) if word == "second" else con
    print(json.dumps(answers(asked)), flush=True)
