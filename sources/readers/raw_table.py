"""One raw table of a release as a Parquet file, written and read in pieces: a large one is never in memory whole.

The header as published (`sources.readers.shape`) is in the metadata of the file and of every piece.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from sources.disk import writing
from sources.readers.shape import published_header

if TYPE_CHECKING:
    import pyarrow as pa

PIECE_ROWS = 122_880  # as DuckDB groups them


def write(path: Path, rows: Iterable[pa.Table]) -> Path:
    """All pieces, of which there is at least one, as one file; small ones lie together in a row group.

    A piece is written while the next one is read.
    """
    from pyarrow import parquet

    headed: list[pa.Table] = []
    writer: parquet.ParquetWriter | None = None
    before: Future[None] | None = None
    with ThreadPoolExecutor(1) as beside:
        try:
            for piece in _joined(rows, headed):
                with writing(path):
                    if before is not None:
                        before.result()
                    writer = writer or parquet.ParquetWriter(path, piece.schema.remove_metadata(), compression="zstd")
                before = beside.submit(writer.write_table, piece.replace_schema_metadata(None), PIECE_ROWS)
            if writer is not None:
                writer.add_key_value_metadata(published_header(headed))
        finally:
            with writing(path):
                try:
                    if before is not None:
                        before.result()
                finally:
                    if writer is not None:
                        writer.close()
    return path


def _joined(rows: Iterable[pa.Table], headed: list[pa.Table]) -> Iterator[pa.Table]:
    """Pieces of at least PIECE_ROWS but for the last; `headed` takes an empty table of every piece that came."""
    import pyarrow as pa

    held: list[pa.Table] = []
    for piece in rows:
        headed.append(piece.schema.empty_table())
        held.append(piece)
        if sum(piece.num_rows for piece in held) >= PIECE_ROWS:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


def pieces(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """The rows in order, at most PIECE_ROWS at a time; one piece without rows where there are none.

    `columns`: those of them that are there; all by default.
    """
    import pyarrow as pa
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        wanted = None if columns is None else [name for name in columns if name in file.schema_arrow.names]
        if not file.metadata.num_rows:
            yield file.read(wanted)
        for batch in file.iter_batches(PIECE_ROWS, columns=wanted):
            yield pa.Table.from_batches([batch])


def row_count(path: Path) -> int:
    from pyarrow import parquet

    return int(parquet.read_metadata(path).num_rows)
