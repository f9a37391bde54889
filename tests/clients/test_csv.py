"""The CSV of a whole build: every value is the mart's, and a validator of CSVW accepts the metadata."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.home import Home
from tests.clients.environments import ENVIRONMENTS, skip_without

pytestmark = [pytest.mark.clients, pytest.mark.end_to_end]

VALIDATOR = Path(__file__).parent / "validate_csvw.py"
TYPES = {
    "string": "VARCHAR",
    "double": "DOUBLE",
    "long": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "dateTime": "TIMESTAMP",
}
ROWS = 200  # of a table, for the validator, which takes a cell at a time


def metadata(home: Home) -> dict[str, Any]:
    return json.loads((home.current / "csv" / "metadata.json").read_text(encoding="utf-8"))


def comparable(column: str, kind: str) -> str:
    """The column without what CSV cannot tell: empty text from a missing one, an apostrophe before a formula."""
    return f"""nullif(regexp_replace("{column}", '^''', ''), '')""" if kind == "VARCHAR" else f'"{column}"'


def test_every_csv_read_by_its_metadata_is_its_table(sample_home: Home) -> None:
    group = metadata(sample_home)
    with duckdb.connect(sample_home.mart, read_only=True) as con:
        assert con.execute("select build_id from mart.build").fetchone() == (group["dc:identifier"],)
        tables = con.execute("select table_name || '.csv' from duckdb_tables()").fetchall()
        assert {table["url"] for table in group["tables"]} == {url for (url,) in tables}
        for table in group["tables"]:
            columns = {column["name"]: TYPES[column["datatype"]] for column in table["tableSchema"]["columns"]}
            (file,) = (sample_home.current / "csv").glob(f"{table['url']}*")
            options = f"auto_detect = false, header = true, quote = '\"', escape = '\"', columns = {columns}"
            cells = ", ".join(comparable(column, kind) for column, kind in columns.items())
            read = f"select {cells} from read_csv('{file}', {options})"
            kept = f"select {cells} from mart.{file.name.split('.')[0]}"
            differing = f"select count(*) from (({read} except all {kept}) union all ({kept} except all {read}))"
            assert con.execute(differing).fetchone() == (0,), file.name


def validated(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(ENVIRONMENTS / "csvw" / "bin" / "python"), str(VALIDATOR), str(folder / "metadata.json")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_metadata_is_valid_csvw(sample_home: Home, tmp_path: Path) -> None:
    """Over the first rows of each table, and all rows of those that others refer to."""
    skip_without("csvw")
    shutil.copy(sample_home.current / "csv" / "metadata.json", tmp_path)
    group = metadata(sample_home)
    keys = [key for table in group["tables"] for key in table["tableSchema"].get("foreignKeys", [])]
    whole = {key["reference"]["resource"] for key in keys}
    rows = {}
    for table in group["tables"]:
        (file,) = (sample_home.current / "csv").glob(f"{table['url']}*")
        text = f"from read_csv('{file}', all_varchar = true, header = true)"
        some = text if table["url"] in whole else f"{text} limit {ROWS}"
        duckdb.execute(f"copy ({some}) to '{tmp_path / table['url']}' (header)")
        rows[table["url"]] = duckdb.execute(f"select count(*) from ({some})").fetchone()[0]
    done = validated(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert (found["is_valid"], found["warnings"]) == (True, [])
    assert {name: table["rows"] for name, table in found["tables"].items()} == rows
    assert [name for name, table in found["tables"].items() if not table["key"]] == []
    facts = found["tables"]["fct_observation.csv"]
    assert facts["key"] == ["indicator_id", "dataset", "ref_area", "time_period", "breakdown", "release_id"]
    assert facts["refers_to"] == ["dim_area.csv", "dim_indicator.csv", "dim_period.csv", "dim_release.csv"]


def test_validator_sees_what_is_wrong(tmp_path: Path) -> None:
    """Or the one above could not fail."""
    skip_without("csvw")
    schema = {"columns": [{"name": "a", "datatype": "date"}], "primaryKey": "a"}
    group = {"@context": "http://www.w3.org/ns/csvw", "url": "t.csv", "tableSchema": schema}
    (tmp_path / "metadata.json").write_text(json.dumps(group), encoding="utf-8")
    (tmp_path / "t.csv").write_text("a\r\nyesterday\r\n", encoding="utf-8")
    done = validated(tmp_path)
    assert "yesterday" in done.stdout + done.stderr
