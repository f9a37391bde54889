"""`outcomes sql`: what it answers, in which forms, and that it can do nothing but ask the mart."""

from __future__ import annotations

import csv
import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from orchestration.cli import main
from orchestration.home import PROJECT_ROOT, Home

ROWS = 5_000


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mart of one table and its build."""
    path = tmp_path_factory.mktemp("mart") / "outcomes.duckdb"
    with duckdb.connect(path) as con:
        con.execute("create schema mart")
        con.execute("create table mart.build as select 'b7' as build_id")
        con.execute(
            "create table mart.scores as "
            "select i as id, 'name ' || i as name, i / 3 as value, date '2024-01-01' as day "
            f"from range({ROWS}) as numbers(i)"
        )
        con.execute("comment on table mart.scores is 'Scores. Grain: id.'")
        con.execute("comment on column mart.scores.value is 'A third of the id.'")
    return path


@pytest.fixture(autouse=True)
def home(mart: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """It is published."""
    monkeypatch.setenv("OUTCOMES_HOME", str(tmp_path / "home"))
    home = Home.from_environment()
    home.published.mkdir(parents=True)
    shutil.copyfile(mart, home.mart)
    return home


def sql(*arguments: str, piped: str | None = None) -> Result:
    return CliRunner().invoke(main, ["sql", *arguments], input=piped)


@pytest.mark.parametrize("table", ["scores", "mart.scores"])
def test_tables_are_found_with_and_without_their_schema(table: str) -> None:
    assert sql(f"select count(*) as n from {table}").stdout.split() == ["n", str(ROWS)]


def test_questions_may_be_piped_in() -> None:
    assert sql(piped="select 1 as a;\nselect 2 as b; -- the end;\n").stdout.split() == ["a", "1", "b", "2"]


def test_table_says_how_many_rows_it_does_not_show() -> None:
    header, *rows, more = sql("from scores order by id", "--limit", "10").stdout.splitlines()
    assert header.split() == ["id", "name", "value", "day"]
    assert len(rows) == 10
    assert more.startswith(f"… {ROWS - 10:,} more rows are not shown")
    assert len(sql("from scores", "--limit", "0").stdout.splitlines()) == ROWS + 1


def test_table_shows_what_is_missing_and_small_numbers_as_they_are() -> None:
    told = sql("select null as a, 0.000012 as b, 1e-9::double as c, 'two\nlines' as d").stdout
    assert told.splitlines()[1].split(maxsplit=3) == ["NULL", "0.000012", "1e-09", "two lines"]
    assert sql("from scores where false").stdout.split() == ["id", "name", "value", "day"]


def test_json_has_all_rows_in_the_shape_of_every_command() -> None:
    found = json.loads(sql("from scores order by id", "--json").stdout)
    assert (found["command"], found["build_id"], len(found["rows"])) == ("sql", "b7", ROWS)
    assert found["rows"][3] == {"id": 3, "name": "name 3", "value": 1.0, "day": "2024-01-01"}
    assert json.loads(sql("from scores where false", "--json").stdout)["rows"] == []


def test_json_of_values_that_json_has_no_words_for() -> None:
    query = "select 'nan'::double as a, 'infinity'::double as b, 1.50::decimal(5, 2) as c, 1 as c, '\\xff'::blob as d"
    (row,) = json.loads(sql(query, "--json").stdout)["rows"]
    assert row == {"a": None, "b": None, "c": 1.5, "c_2": 1, "d": "ff"}


def test_csv_has_all_rows_and_no_formulas() -> None:
    header, *rows = csv.reader(sql("from scores order by id", "--csv").stdout.splitlines())
    assert header == ["id", "name", "value", "day"]
    assert len(rows) == ROWS
    assert rows[1] == ["1", "name 1", str(1 / 3), "2024-01-01"]
    assert sql("select '=1+1' as a, null as b, -1 as c", "--csv").stdout.splitlines() == ["a,b,c", "'=1+1,,-1"]


@pytest.mark.parametrize(
    "statement",
    [
        "copy (select 1) to '{folder}/out.csv'",
        "copy scores to '{folder}/out.parquet'",
        "attach '{folder}/other.duckdb'",
        "install httpfs",
        "load httpfs",
        "export database '{folder}/out'",
        "from read_csv('{folder}/secret.csv')",
        "from read_text('{folder}/secret.csv')",
        "from glob('{folder}/*')",
        "create table mart.other as select 1",
        "insert into mart.build values ('b8')",
        "update mart.scores set value = 0",
        "drop table mart.scores",
        "set enable_external_access = true",
        "set temp_directory = '{folder}'",
        "reset lock_configuration",
    ],
)
def test_nothing_is_changed_and_no_other_file_is_in_reach(home: Home, statement: str) -> None:
    (home.root / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in home.root.rglob("*")}
    result = sql(statement.format(folder=home.root))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("outcomes: `outcomes sql` asks the published mart and does nothing else")
    assert len(result.stderr.splitlines()) == 1
    assert {path: path.stat().st_mtime_ns for path in home.root.rglob("*")} == before


@pytest.mark.parametrize("name", ["secret.csv", "con", "mart"])
def test_files_and_variables_are_no_tables(home: Home, name: str) -> None:
    (home.root / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    result = sql(f"from '{home.root / name}'" if "." in name else f"from {name}")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "does not exist" in result.stderr or "no other file is read" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["selct 1"], 'syntax error at or near "selct"'),
        (["from scors"], 'Table with name scors does not exist! Did you mean "scores"?'),
        (["select 1; select 2", "--json"], "expected one question for --json, found 2"),
        ([".schema scors"], "no table 'scors'; nearest: scores"),
        ([".nonsense"], "no command '.nonsense'"),
        (["select error('no')"], "no"),
    ],
)
def test_wrong_questions_are_told_in_one_line(arguments: list[str], told: str) -> None:
    result = sql(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr.splitlines()[0]


@pytest.mark.parametrize("arguments", [[], [" ; "], ["select 1", "--csv", "--json"], ["select 1", "--limit", "-1"]])
def test_usage_errors_end_with_2(arguments: list[str]) -> None:
    assert sql(*arguments, piped="").exit_code == 2


def test_pivot_makes_a_type_in_memory_and_is_a_question() -> None:
    assert sql("pivot (from scores where id < 3) on id using sum(id)", "--csv").exit_code == 0


def test_tables_and_columns_are_told_with_their_comments() -> None:
    assert sql(".tables").stdout.splitlines() == ["build", "scores  Scores. Grain: id."]
    about, *columns = sql(".schema mart.scores").stdout.splitlines()
    assert about == "scores: Scores. Grain: id."
    assert columns[2].split(maxsplit=2) == ["value", "DOUBLE", "A third of the id."]


def test_nothing_published_is_told(home: Home) -> None:
    home.mart.unlink()
    result = sql("select 1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing is published" in result.stderr


# --- at a terminal ----------------------------------------------------------------------------------------


# The terminal is its own, and Ctrl-C comes through, whoever started the tests.
AT_A_TERMINAL = """
import fcntl, signal, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.default_int_handler)
from orchestration.cli import main
main(["sql"])
"""


class Terminal:
    """The prompt in a process of its own, at a terminal."""

    def __init__(self, home: Home) -> None:
        self.master, ours = pty.openpty()
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", AT_A_TERMINAL],
            cwd=PROJECT_ROOT,
            env=kept | {"XDG_STATE_HOME": str(home.root / "state"), "TERM": "dumb"},
            stdin=ours,
            stdout=ours,
            stderr=ours,
            start_new_session=True,
        )
        os.close(ours)

    def says(self, words: str) -> str:
        """What is said until `words` come."""
        said = ""
        end = time.monotonic() + 30
        while words not in said:
            assert select.select([self.master], [], [], max(end - time.monotonic(), 0))[0], f"no {words!r} in {said!r}"
            said += os.read(self.master, 4096).decode()
        return said

    def has_said(self) -> bool:
        return bool(select.select([self.master], [], [], 1)[0])

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())


@pytest.fixture
def terminal(home: Home) -> Iterator[Terminal]:
    started = Terminal(home)
    yield started
    started.process.kill()
    started.process.wait()
    os.close(started.master)


def test_prompt_answers_until_it_is_left(terminal: Terminal, home: Home) -> None:
    assert "build b7, read-only" in terminal.says("mart> ")
    terminal.type("select 'a;'\n")
    terminal.says("   ...> ")
    terminal.type("as text;\n")
    assert "a;" in terminal.says("mart> ").splitlines()[-2]
    terminal.type("drop table mart.scores;\n")
    assert "does nothing else" in terminal.says("mart> ")
    terminal.type("select 1 +\n")
    terminal.says("   ...> ")
    while not terminal.has_said():  # one that comes before readline listens is lost
        terminal.type("\x03")
    terminal.says("mart> ")
    terminal.type(".tables\n")
    assert "scores  Scores" in terminal.says("mart> ")
    terminal.type("\x04")
    assert terminal.process.wait(30) == 0
    assert "as text;" in (home.root / "state" / "outcomes" / "sql_history").read_text(encoding="utf-8")


def test_question_at_work_is_given_up_and_the_next_one_answered(terminal: Terminal) -> None:
    terminal.says("mart> ")
    terminal.type("select count(*) from range(100000000) as a, range(1000000) as b where a.range % 7 = b.range % 5;\n")
    terminal.says("b.range % 5;\r\n")
    assert not terminal.has_said()
    terminal.type("\x03")
    assert "interrupted" in terminal.says("mart> ")
    terminal.type("select 6 * 7 as answer;\n")
    assert "42" in terminal.says("mart> ")
