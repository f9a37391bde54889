"""Bytes to raw tables: all columns text, canonical names, provenance beside every row.

`write_release` opens a payload's files (archives searched recursively), finds the table each catalogue entry
describes, and writes it as Parquet whose columns are `Table.column_names` followed by `PROVENANCE`; `read_release`
returns the same as Arrow tables. They know formats, not publishers. What cannot be read ends in one PayloadError.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from sources.catalogue import Dataset, Table, place_of
from sources.errors import PayloadError
from sources.readers import (
    archive,
    csv,
    document,
    ees_json,
    geojson,
    json_features,
    json_sql,
    odata_json,
    parquet,
    raw_table,
    workbook,
)
from sources.readers.header import NEAREST_ROW, HeaderNotFound
from sources.readers.shape import aggregate_rows, published_header

if TYPE_CHECKING:
    import pyarrow as pa

Taken = TypeVar("Taken")

# Part of every raw file's name: raise it when a change of the readers changes what they return.
READER_VERSION = "2"

PROVENANCE = ("_release_id", "_file_sha256", "_member", "_row_number")


@dataclass(frozen=True)
class SourceFile:
    """One file of a payload: its published name, its bytes on disk, their hash."""

    name: str
    path: Path
    sha256: str


@dataclass(frozen=True)
class Leaf:
    """One readable file: a payload's file itself, or a member found inside its archives."""

    name: str  # file name, or path inside the archive
    path: Path
    sha256: str  # of the payload's file, which is what the ledger knows
    archived: bool = False

    @property
    def base_name(self) -> str:
        return self.name.rsplit("/", 1)[-1]


class _MemberNotFound(HeaderNotFound):
    """No file of the payload is the one that a catalogue table names."""


def read_release(dataset: Dataset, files: Sequence[SourceFile], release_id: str) -> dict[str, pa.Table]:
    """Raw tables of one release, by table name. Optional tables that the payload lacks are left out."""
    return _take_release(dataset, files, release_id, lambda _, pieces: _whole(pieces))


def write_release(dataset: Dataset, files: Sequence[SourceFile], release_id: str, folder: Path) -> dict[str, Path]:
    """The same as Parquet files in `folder` (`raw_table`)."""
    return _take_release(
        dataset, files, release_id, lambda name, pieces: raw_table.write(folder / f"{name}.parquet", pieces)
    )


def _whole(pieces: Iterator[pa.Table]) -> pa.Table:
    import pyarrow as pa

    found = list(pieces)
    return pa.concat_tables(found).replace_schema_metadata(published_header(found))


def _take_release(
    dataset: Dataset, files: Sequence[SourceFile], release_id: str, take: Callable[[str, Iterator[pa.Table]], Taken]
) -> dict[str, Taken]:
    """What `take` makes of the name and the pieces of each table."""
    tables: dict[str, Taken] = {}
    passed_over: list[tuple[str, HeaderNotFound]] = []
    with TemporaryDirectory(prefix="outcomes-read-") as scratch:
        leaves = [leaf for file in files for leaf in _leaves(file, Path(scratch))]
        for table in dataset.tables:
            try:
                tables[table.name] = take(table.name, _read_table(dataset, table, leaves, release_id))
            except HeaderNotFound as error:
                # Layouts of one thing differ between releases: an optional table is one of several readings.
                if not table.optional:
                    raise _not_found(dataset, table.name, error) from error
                # Of readings that all fail, the one whose file is there says what is wrong.
                at = 0 if isinstance(error, _MemberNotFound) else len(passed_over)
                passed_over.insert(at, (table.name, error))
    if not tables:
        raise _not_found(dataset, *passed_over[-1])
    return tables


def _leaves(file: SourceFile, scratch: Path) -> Iterator[Leaf]:
    if archive.is_archive(file.path):
        for name, path in archive.extract(file.path, scratch):
            yield Leaf(name, path, file.sha256, archived=True)
    else:
        yield Leaf(file.name, file.path, file.sha256)


def _read_table(dataset: Dataset, table: Table, leaves: Sequence[Leaf], release_id: str) -> Iterator[pa.Table]:
    """All members of one table, piece by piece. Raises HeaderNotFound when any of them is not that table."""
    if table.format == "json_sql":
        yield _with_provenance(_read_json_sql(dataset, table, leaves), release_id, leaves[0].sha256, "")
        return
    members = _members(table, leaves)
    if not members:
        names = ", ".join(leaf.name for leaf in leaves[:8]) or "an empty archive"
        raise _MemberNotFound(names, f"a file matching {table.member!r} for table {table.name}", "none", ("member",))
    _refuse_partial_archive(table, members)
    for leaf in members:
        for member, rows in _read_leaf(dataset, table, leaf, leaves):
            yield _with_provenance(aggregate_rows(table, rows), release_id, leaf.sha256, member)


def _read_json_sql(dataset: Dataset, table: Table, leaves: Sequence[Leaf]) -> pa.Table:
    """What the table's statement makes of its inputs; each of them has at least one file."""
    files: dict[str, list[Path]] = {}
    for name, how in table.inputs.items():
        files[name] = [leaf.path for leaf in leaves if re.search(how.member, leaf.base_name)]
        if not files[name]:
            names = ", ".join(leaf.name for leaf in leaves[:8])
            raise _MemberNotFound(
                names,
                f"a file matching {how.member!r} for input {name} of table {table.name}",
                "none",
                ("inputs", name, "member"),
            )
    where = ", ".join(leaf.name for leaf in leaves[:8])
    try:
        return json_sql.read(table, files, where)
    except json_sql.Unreadable as error:
        raise _error(dataset, where=where, expected="JSON records as declared", found=str(error)) from None


def _refuse_partial_archive(table: Table, members: Sequence[Leaf]) -> None:
    """Files given one by one may come alone; an archive is a release and has to be complete."""
    for expected in table.archive_holds:
        archived = [leaf.name for leaf in members if leaf.archived]
        if archived and not any(re.search(expected, leaf.base_name) for leaf in members):
            found = f"only {', '.join(archived[:8])}"
            raise HeaderNotFound("the archive", f"a member matching {expected!r}", found, ("archive_holds",))


def _members(table: Table, leaves: Sequence[Leaf]) -> list[Leaf]:
    matching = [leaf for leaf in leaves if re.search(table.member, leaf.base_name)]
    if table.revision is None:
        return matching
    newest: dict[str, tuple[int, Leaf]] = {}
    for leaf in matching:
        found = re.search(table.revision, leaf.base_name)
        revision = int(found["revision"]) if found else 0
        stem = leaf.base_name if found is None else leaf.base_name[: found.start()]
        if stem not in newest or revision > newest[stem][0]:
            newest[stem] = (revision, leaf)
    return [leaf for _, leaf in newest.values()]


def _read_leaf(dataset: Dataset, table: Table, leaf: Leaf, leaves: Sequence[Leaf]) -> Iterator[tuple[str, pa.Table]]:
    """(member, rows) pairs; rows carry canonical text columns and `_row_number`."""
    try:
        if _format(table, leaf) == "csv":
            for rows in csv.read(table, leaf.path, leaf.name):
                yield leaf.base_name, rows
        elif _format(table, leaf) == "workbook":
            yield from workbook.read(table, leaf.path, leaf.name)
        elif table.format == "parquet":
            yield leaf.base_name, parquet.read(table, leaf.path, leaf.name)
        elif table.format == "ees_json":
            meta = next((other.path for other in leaves if other.base_name == ees_json.META), None)
            yield leaf.base_name, ees_json.read(table, leaf.path, leaf.name, meta)
        elif table.format == "odata_json":
            yield leaf.base_name, odata_json.read(table, leaf.path, leaf.name)
        elif table.format == "geojson":
            yield leaf.base_name, geojson.read(table, leaf.path, leaf.name)
        else:
            yield leaf.base_name, json_features.read(table, leaf.path, leaf.name)
    except (
        csv.Unreadable,
        workbook.Unreadable,
        parquet.Unreadable,
        document.Unreadable,
    ) as error:
        raise _error(dataset, where=leaf.name, expected=f"a readable {table.format}", found=str(error)) from error


def _format(table: Table, leaf: Leaf) -> str:
    """The table's format; the CSV download of a feature layer, or of a data set, stands for the API's reply."""
    download = table.format in ("arcgis_json", "ees_json") and leaf.base_name.lower().endswith(".csv")
    return "csv" if download else table.format


def _with_provenance(rows: pa.Table, release_id: str, sha256: str, member: str) -> pa.Table:
    import pyarrow as pa

    count = rows.num_rows
    constant = {"_release_id": release_id, "_file_sha256": sha256, "_member": member}
    numbers = rows.column("_row_number")
    rows = rows.drop_columns(["_row_number"])
    for name, value in constant.items():
        rows = rows.append_column(name, pa.repeat(pa.scalar(value, pa.string()), count))
    return rows.append_column("_row_number", numbers.cast(pa.string()))


def _not_found(dataset: Dataset, table: str, error: HeaderNotFound) -> PayloadError:
    place = place_of(dataset, table, *error.keys)
    return _error(dataset, where=error.where, expected=error.expected, found=error.found, place=place)


def _error(dataset: Dataset, *, where: str, expected: str, found: str, place: str = "") -> PayloadError:
    if dataset.personal:  # the nearest row may be a record
        found = found.partition(NEAREST_ROW)[0]
    return PayloadError(
        publisher=dataset.publisher,
        dataset=dataset.dataset,
        where=where,
        expected=expected,
        found=found,
        action=f"If the publisher changed the layout, change {place or place_of(dataset)}.",
    )
