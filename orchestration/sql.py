"""`outcomes sql`: a shell that asks the published mart, and can do nothing else.

DuckDB opens the mart read-only, without access to any other file and with its configuration locked: COPY, ATTACH,
INSTALL and read_csv are refused whichever way they are written.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import sys
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from orchestration import reports
from orchestration.ask import answer, build_of, nearest
from sources.spreadsheet import harmless

if TYPE_CHECKING:
    import duckdb

Format = Literal["table", "json", "csv"]

BATCH = 2_000
SHOWN = 100  # rows of a table at the terminal
COUNTED = 1_000_000  # rows beyond those, which are counted and not shown
HISTORY = 1_000  # lines
_COLUMNS = """
    select column_name, data_type, comment from duckdb_columns()
    where schema_name = 'mart' and table_name = $table order by column_index
"""
_COMMENT = "select comment from duckdb_tables() where schema_name = 'mart' and table_name = $table"
ONLY_THE_MART = (
    "`outcomes sql` asks the published mart and does nothing else: nothing is changed, and no other file is read or "
    "written (COPY, ATTACH, INSTALL, read_csv)"
)
HELP = """\
a statement ends with ;    .tables    .schema TABLE    .help    .quit"""

_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_persistent_secrets": "false",
    "temp_directory": "",
}
# In these words DuckDB refuses what `_CLOSED` and read-only mode forbid.
_REFUSED = ("disabled by configuration", "disabled through configuration", "has been locked", "read-only mode")
_UNFINISHED = ("unterminated quoted", "unterminated dollar-quoted", "unterminated /* comment")


class SqlError(Exception):
    """A statement that the mart does not answer, in one line."""


class InterruptedQuestionError(SqlError):
    """A question that was given up while it was at work."""


def connect(mart: Path) -> duckdb.DuckDBPyConnection:
    """The published mart, read-only, with nothing else in reach; `mart.t` can be written as `t`."""
    import duckdb

    con = duckdb.connect(mart, read_only=True, config=_CLOSED)
    con.execute("set python_enable_replacements = false")
    con.execute("set search_path = 'mart'")
    con.execute("set lock_configuration = true")
    return con


def tell(con: duckdb.DuckDBPyConnection, text: str, kind: Format, limit: int) -> Iterator[str]:
    """Lines, each with its line end, that answer statements or one dot command. Raises SqlError.

    `limit` is the number of rows that a table shows, 0 for all; JSON and CSV have every row and need a single question.
    """
    if text.lstrip().startswith("."):
        yield from (f"{line}\n" for line in _dot_command(con, text.strip().rstrip(";")))
        return
    import duckdb

    try:
        statements = con.extract_statements(text)
        questions = [statement for statement in statements if _has_rows(statement)]
        if kind != "table" and len(questions) != 1:
            raise SqlError(f"expected one question for --{kind}, found {len(questions)}")
        for statement in statements:
            con.execute(statement)
            if _has_rows(statement):
                yield from {"table": _table, "json": _json, "csv": _csv}[kind](con, limit)
    except (duckdb.InterruptException, RuntimeError) as error:  # which of the two depends on the moment
        raise InterruptedQuestionError("interrupted") from error
    except duckdb.Error as error:
        raise SqlError(_in_a_line(str(error))) from error


def _has_rows(statement: duckdb.Statement) -> bool:
    import duckdb

    return statement.expected_result_type == [duckdb.ExpectedResultType.QUERY_RESULT]


def _in_a_line(told: str) -> str:
    """What DuckDB says, without its drawing of the place; what the closed configuration refuses, in words."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    hints = [line for line in lines[1:] if line.startswith(("Did you mean", "Candidate"))]
    message = " ".join([lines[0], *hints[:1]]) if lines else "unknown error"
    return f"{ONLY_THE_MART}. {message}" if any(words in told for words in _REFUSED) else message


# --- results ----------------------------------------------------------------------------------------------


def _names(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Columns of the result; of two of the same name the second is `name_2`."""
    names: list[str] = []
    for name, *_ in con.description or []:
        number = 1
        while (unique := name if number == 1 else f"{name}_{number}") in names:
            number += 1
        names.append(unique)
    return names


def _batches(con: duckdb.DuckDBPyConnection) -> Iterator[list[tuple[Any, ...]]]:
    while batch := con.fetchmany(BATCH):
        yield batch


def _table(con: duckdb.DuckDBPyConnection, limit: int) -> Iterator[str]:
    names = _names(con)
    found = con.fetchmany(limit) if limit else con.fetchall()
    rows = [dict(zip(names, map(_shown, row), strict=True)) for row in found]
    for line in reports.as_table(rows) if rows else ["  ".join(names)]:
        yield f"{line}\n"
    if not limit:
        return
    more = 0
    for batch in _batches(con):
        more += len(batch)
        if more > COUNTED:
            break
    if more:
        count = f"more than {COUNTED:,}" if more > COUNTED else f"{more:,}"
        yield f"… {count} more rows are not shown: --limit {limit * 10} shows more, --csv and --json have all\n"


def _shown(value: Any) -> str:
    return "NULL" if value is None else f"{value:.12g}" if isinstance(value, float) else " ".join(str(value).split())


def _json(con: duckdb.DuckDBPyConnection, limit: int) -> Iterator[str]:
    """The shape of `reports.as_json`, a row in a line, written while the rows come."""
    del limit
    names = _names(con)
    with con.cursor() as other:  # the rows of this one are still to come
        build_id = build_of(other)
    yield f'{{"command": "sql", "build_id": {json.dumps(build_id)}, "rows": ['
    before = "\n"
    for batch in _batches(con):
        lines = (json.dumps(dict(zip(names, map(_finite, row), strict=True)), default=_plain) for row in batch)
        yield before + ",\n".join(lines)
        before = ",\n"
    yield "\n]}\n"


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value.hex() if isinstance(value, bytes) else str(value)


def _csv(con: duckdb.DuckDBPyConnection, limit: int) -> Iterator[str]:
    del limit
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(harmless(name) for name in _names(con))
    for batch in _batches(con):
        writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in batch)
        yield text.getvalue()
        text.seek(0)
        text.truncate()
    yield text.getvalue()


# --- what there is ----------------------------------------------------------------------------------------


def _dot_command(con: duckdb.DuckDBPyConnection, text: str) -> Iterable[str]:
    command, _, argument = text.partition(" ")
    if command == ".tables":
        return _tables(con)
    if command == ".schema" and argument:
        return _schema(con, argument.strip().removeprefix("mart."))
    if command == ".help":
        return [HELP]
    raise SqlError(f"no command {text!r}: {HELP}")


def _tables(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    found = con.execute(
        "select table_name, comment from duckdb_tables() where schema_name = 'mart' order by table_name"
    ).fetchall()
    width = max((len(name) for name, _ in found), default=0)
    for name, comment in found:
        yield f"{name:<{width}}  {comment or ''}".rstrip()


def _schema(con: duckdb.DuckDBPyConnection, table: str) -> Iterator[str]:
    found = [tuple(row.values()) for row in answer(con, _COLUMNS, {"table": table})]
    if not found:
        tables = "select table_name as name from duckdb_tables() where schema_name = 'mart'"
        raise SqlError(f"no table {table!r}; nearest: {nearest(con, tables, table)}")
    about = next((row["comment"] for row in answer(con, _COMMENT, {"table": table})), None)  # none of a view
    yield from textwrap.wrap(f"{table}: {about or 'no comment'}", reports.REASON_WIDTH)
    width, kinds = (max(len(row[at]) for row in found) for at in (0, 1))
    for name, kind, comment in found:
        yield f"  {name:<{width}}  {kind:<{kinds}}  {comment or ''}".rstrip()


# --- at the terminal --------------------------------------------------------------------------------------


def prompt(con: duckdb.DuckDBPyConnection, kind: Format, limit: int) -> None:
    """Asks for statements until `.quit` or Ctrl-D; Ctrl-C gives up what is being typed, or the question at work."""
    _remember(con)
    click.echo(f"build {build_of(con)}, read-only. {HELP}", err=True)
    typed = ""
    while True:
        try:
            line = input("   ...> " if typed else "mart> ")
        except EOFError:
            click.echo("", err=True)
            return
        except KeyboardInterrupt:
            click.echo("", err=True)
            typed = ""
            continue
        typed = f"{typed}\n{line}" if typed else line.strip()
        if typed in (".quit", ".exit", "quit", "exit"):
            return
        if typed and (typed.startswith(".") or _is_whole(con, typed)):
            try:
                _answer(con, typed, kind, limit)
            except (InterruptedQuestionError, KeyboardInterrupt):
                click.echo("outcomes: interrupted", err=True)
                _start_again()
            typed = ""


def _answer(con: duckdb.DuckDBPyConnection, typed: str, kind: Format, limit: int) -> None:
    try:
        for line in tell(con, typed, kind, limit):
            click.echo(line, nl=False)
    except InterruptedQuestionError:
        raise
    except SqlError as error:
        click.echo(f"outcomes: {error}", err=True)


def _start_again() -> None:
    """The same prompt in this one's place: DuckDB may go on with what was given up, and let the next question wait."""
    import atexit

    atexit._run_exitfuncs()  # keeps the history; what takes this process's place runs none
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606


def _is_whole(con: duckdb.DuckDBPyConnection, typed: str) -> bool:
    """Whether the last `;` ends a statement: it may stand in a quoted text or in a comment."""
    import duckdb

    if not typed.rstrip().endswith(";"):
        return False
    try:
        return bool(con.extract_statements(typed)) or not typed.strip(" ;\n")
    except duckdb.ParserException as error:
        return not any(words in str(error) for words in _UNFINISHED)


def _remember(con: duckdb.DuckDBPyConnection) -> None:
    """History of earlier sessions, and names of tables and columns on Tab; without readline neither."""
    try:
        import readline
    except ImportError:
        return
    import atexit

    path = _history()
    with suppress(OSError):  # the first session, or a home that cannot be written to
        path.parent.mkdir(parents=True, exist_ok=True)
        readline.read_history_file(path)

    def keep() -> None:
        readline.set_history_length(HISTORY)
        with suppress(OSError):
            readline.write_history_file(path)

    atexit.register(keep)
    words = sorted(
        {
            name
            for row in con.execute(
                "select table_name, column_name from duckdb_columns() where schema_name = 'mart'"
            ).fetchall()
            for name in row
        }
    )

    def complete(text: str, state: int) -> str | None:
        return next((word for at, word in enumerate(w for w in words if w.startswith(text)) if at == state), None)

    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")


def _history() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "outcomes" / "sql_history"


def is_asked_by_a_person() -> bool:
    """Whether statements are typed; else they come through a pipe."""
    return sys.stdin.isatty()
