"""Large JSON documents to an Arrow table of text, by a statement that selects and counts while they stream.

For payloads that no machine should hold at once (hundreds of thousands of records, gigabytes unpacked), of which a
few hundred counts are wanted. DuckDB stands here as a streaming JSON parser, in memory and by itself: it never sees
the warehouse, may open no file but the payload's and the seeds, and nothing on the network. Memory is bounded; what
does not fit spills into a folder that is gone afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sources.catalogue import SEEDS_DIR, JsonInput, Table
from sources.literals import quoted
from sources.readers.header import locate
from sources.readers.shape import keep_rows, select_columns

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_GZIP = b"\x1f\x8b"
_FORMATS = {"array": "array", "lines": "newline_delimited", "object": "unstructured"}
_RECORD_BYTES = {"array": 16 << 20, "lines": 16 << 20, "object": 64 << 20}  # a whole page of a reply is one object
_SETTINGS: dict[str, Any] = {
    "memory_limit": "1GB",
    "threads": 2,
    "preserve_insertion_order": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


class Unreadable(Exception):
    """The documents are not the JSON that the catalogue declares. The message quotes no record."""


def read(table: Table, files: Mapping[str, Sequence[Path]], where: str) -> pa.Table:
    """Canonical text columns and `_row_number` (1-based number of the result, sorted by its text); '' for NULL.

    `files`: those of each input. The statement sees inputs and seeds as tables of their names.
    """
    import duckdb
    import pyarrow as pa

    with TemporaryDirectory(prefix="outcomes-spill-") as spill:
        connection = duckdb.connect(":memory:", config={**_SETTINGS, "temp_directory": spill})
        try:
            seeds = {name: str(SEEDS_DIR / seed) for name, seed in table.seeds.items()}
            _confine(connection, [*seeds.values(), *(str(path) for paths in files.values() for path in paths)])
            for name, how in table.inputs.items():
                _view(connection, name, _source(how, files[name]))
            for name, path in seeds.items():
                _view(connection, name, f"read_csv({quoted(path)}, all_varchar = true)")
            # The statement is the catalogue's own.
            statement = f"select coalesce(cast(columns(*) as varchar), '') from ({table.sql})"  # noqa: S608
            found = connection.execute(statement).to_arrow_table()
            found = found.sort_by([(name, "ascending") for name in found.column_names])  # two threads know no order
        except duckdb.Error as error:
            # Only up to the first quotation mark: what follows may be text of a record.
            raise Unreadable(re.split(r"[\"'\n]", str(error))[0].strip()) from None
        except UnicodeDecodeError as error:  # DuckDB quotes the bytes in its own error
            raise Unreadable(f"bytes that are no UTF-8 ({error.reason})") from None
        finally:
            connection.close()
    header = locate(table, [found.column_names], where)
    numbered = found.rename_columns([str(index) for index in range(found.num_columns)]).append_column(
        "_row_number", pa.array(range(1, found.num_rows + 1), pa.int64())
    )
    return keep_rows(table, select_columns(table, numbered, header))


def _confine(connection: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> None:
    """These files and the spill folder may be opened from now on, and no statement can change that."""
    connection.execute(f"set allowed_paths = [{', '.join(map(quoted, paths))}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def _view(connection: duckdb.DuckDBPyConnection, name: str, source: str) -> None:
    view = '"' + name.replace('"', '""') + '"'
    connection.execute(f"create view {view} as select * from {source}")  # noqa: S608


def _source(how: JsonInput, paths: Sequence[Path]) -> str:
    """The table function that reads these files; whether they are gzipped is seen in their first bytes."""
    with paths[0].open("rb") as file:
        compression = "gzip" if file.read(len(_GZIP)) == _GZIP else "uncompressed"
    fields = ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in how.fields.items())
    listed = ", ".join(quoted(str(path)) for path in paths)
    return (
        f"read_json([{listed}], format = '{_FORMATS[how.records]}', compression = '{compression}', "
        f"maximum_object_size = {_RECORD_BYTES[how.records]}, columns = {{{fields}}})"
    )
