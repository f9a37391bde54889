"""Datasets whose rows are records of persons, firms or projects: what is kept of them is an aggregate.

The payload is read where it was fetched to, a folder that is gone after the run, and counted in memory. Landing keeps
the aggregate as Parquet, the payload's hash as the release's, and the ledger row. A payload that is refused leaves its
reason only. What was not counted then cannot be counted later: after a change of the declaration the payload is
fetched again.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from shutil import copyfile

from sources.catalogue import Dataset
from sources.errors import PayloadError
from sources.readers import PROVENANCE, raw_table
from sources.release import Release


def aggregate_suffix(dataset: Dataset) -> str:
    """End of the stored file's name: it names the declaration by which was counted ('.1f0c93ab.parquet')."""
    declared = [table.model_dump(mode="json", exclude={"expect"}) for table in dataset.tables]
    return f".{hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()[:8]}.parquet"


def is_current(dataset: Dataset, release: Release, landing_root: Path) -> bool:
    """Whether the aggregate of a landed release is there and was counted as is declared now."""
    return all(
        file.path.endswith(aggregate_suffix(dataset)) and (landing_root / file.path).is_file() for file in release.files
    )


def write_aggregate(dataset: Dataset, tables: dict[str, Path], folder: Path) -> Path:
    """The one table of the dataset as a Parquet file in `folder`."""
    path = folder / f"{dataset.dataset}{aggregate_suffix(dataset)}"
    copyfile(tables[dataset.tables[0].name], path)
    return path


def read_aggregate(dataset: Dataset, release: Release, landing_root: Path, folder: Path) -> dict[str, Path]:
    """Raw tables of a landed release, as files in `folder`.

    PayloadError where the aggregate is lost, or was counted in another way.
    """
    from pyarrow import parquet

    table = dataset.tables[0]
    if not is_current(dataset, release, landing_root):
        raise PayloadError(
            publisher=dataset.publisher,
            dataset=dataset.dataset,
            where=", ".join(file.path for file in release.files),
            expected=f"the aggregate of {release.release_id} as it is declared now (…{aggregate_suffix(dataset)})",
            found="none: the payload, which holds records, was not kept",
            action="Fetch the release again (--from live or mirror:DIR).",
        )
    rows = parquet.read_table(landing_root / release.files[0].path)
    rows = rows.select([*table.column_names, *PROVENANCE])
    return {table.name: raw_table.write(folder / f"{table.name}.parquet", [rows])}
