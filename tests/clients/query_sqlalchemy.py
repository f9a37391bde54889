"""SQLAlchemy with duckdb-engine reads the mart, as Superset does; see `test_clients.py` for what is asked."""

import json
import sys
import warnings

import sqlalchemy as sa

warnings.filterwarnings("ignore", "duckdb-engine doesn't yet support reflection on indices")
SHOWN = ("indicator_id", "value", "decimals", "period_start", "is_stale")


def answers(con):
    inspector = sa.inspect(con)
    metadata = sa.MetaData(schema="mart")
    build, facts, series = (
        sa.Table(name, metadata, autoload_with=con) for name in ("build", "fct_observation", "mart_indicator_series")
    )
    names = inspector.get_table_names(schema="mart")
    value = series.c.value
    return {
        "version": f"{sa.__version__}, duckdb-engine",
        "build_id": con.scalar(sa.select(build.c.build_id)),
        "figure": con.scalar(sa.text(sys.argv[2])),
        "tables": {
            name: con.scalar(sa.select(sa.func.count()).select_from(sa.table(name, schema="mart"))) for name in names
        },
        "types": {name: str(series.c[name].type) for name in SHOWN},
        "values": con.scalar(sa.select(sa.func.count(value))),
        "missing": con.scalar(sa.select(value).where(value.is_(None)).limit(1)),
        "comment": facts.c.obs_value.comment,
        "table_comment": inspector.get_table_comment("fct_observation", schema="mart")["text"],
    }


def connect():
    return sa.create_engine(f"duckdb:///{sys.argv[1]}?access_mode=read_only", poolclass=sa.pool.NullPool).connect()


con = connect()
for line in sys.stdin:
    if line.strip() == "reconnect":
        con.close()
        con = connect()
    print(json.dumps(answers(con)), flush=True)
