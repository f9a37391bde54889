"""pandas, polars or an Arrow dataset (what R opens) reads the Parquet; see `test_clients.py` for the questions."""

import json
import pathlib
import sys

LIBRARY, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
WANTED = json.loads(sys.argv[3])  # column: value
SHOWN = ["indicator_id", "value", "decimals", "period_start", "is_stale"]


def with_pandas(folder):
    import pandas

    def table(name):
        return pandas.read_parquet(folder / f"{name}.parquet")

    facts, series = table("fct_observation"), table("mart_indicator_series")
    chosen = facts
    for column, value in WANTED.items():
        chosen = chosen[chosen[column] == value]
    missing = series.loc[series["value"].isna(), "value"].iloc[0]
    return {
        "version": pandas.__version__,
        "build_id": table("build")["build_id"].item(),
        "figure": chosen["obs_value"].item(),
        "tables": {path.stem: len(pandas.read_parquet(path)) for path in folder.iterdir()},
        "types": {name: str(series[name].dtype) for name in SHOWN},
        "values": int(series["value"].count()),
        "missing": None if pandas.isna(missing) else missing,
    }


def with_polars(folder):
    import polars

    facts = polars.scan_parquet(folder / "fct_observation.parquet")
    series = polars.scan_parquet(folder / "mart_indicator_series.parquet")
    return {
        "version": polars.__version__,
        "build_id": polars.read_parquet(folder / "build.parquet")["build_id"].item(),
        "figure": facts.filter(**WANTED).select("obs_value").collect().item(),
        "tables": {
            path.stem: polars.scan_parquet(path).select(polars.len()).collect().item() for path in folder.iterdir()
        },
        "types": {name: str(kind) for name, kind in series.select(SHOWN).collect_schema().items()},
        "values": series.select(polars.col("value").count()).collect().item(),
        "missing": series.filter(polars.col("value").is_null()).select("value").head(1).collect().item(),
    }


def with_arrow(folder):
    import pyarrow
    import pyarrow.dataset

    def dataset(name):
        return pyarrow.dataset.dataset(folder / f"{name}.parquet")

    facts, series = dataset("fct_observation"), dataset("mart_indicator_series")
    field = pyarrow.dataset.field
    condition = pyarrow.scalar(True)
    for column, value in WANTED.items():
        condition = (field(column) == value) & condition
    (figure,) = facts.to_table(columns=["obs_value"], filter=condition)["obs_value"].to_pylist()
    return {
        "version": pyarrow.__version__,
        "build_id": dataset("build").to_table()["build_id"].to_pylist()[0],
        "figure": figure,
        "tables": {path.stem: dataset(path.stem).count_rows() for path in folder.iterdir()},
        "types": {name: str(series.schema.field(name).type) for name in SHOWN},
        "values": series.count_rows(filter=field("value").is_valid()),
        "missing": series.head(1, columns=["value"], filter=field("value").is_null())["value"].to_pylist()[0],
    }


# The folder of the build is found first: all files are of one build then, whatever is published meanwhile.
folder = FOLDER.resolve()
for line in sys.stdin:
    if line.strip() == "reconnect":
        folder = FOLDER.resolve()
    print(json.dumps({"pandas": with_pandas, "polars": with_polars, "arrow": with_arrow}[LIBRARY](folder)), flush=True)
