"""Raw Parquet: what the readers made of a landed release, and the contract results that let it in.

    raw/<dataset>/<release key>~<reader fingerprint>/<table>.parquet
    raw/<dataset>/<release key>~<reader fingerprint>/contract.json
    raw/<dataset>/<release key>~<reader fingerprint>/fingerprint.json    the form of its tables (`sources.drift`)

The folder appears in one rename, so it is whole or absent. It can be made again from the landing zone at any
time; a changed catalogue table or reader version gives another fingerprint and the release is read again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from sources.catalogue import Dataset
from sources.disk import writing
from sources.drift import Fingerprint
from sources.landing import fsync_folder
from sources.readers import PROVENANCE, READER_VERSION
from sources.release import Release


def reader_fingerprint(dataset: Dataset) -> str:
    """Changes when the same bytes would be read or checked differently."""
    tables = [(table.model_dump(mode="json"), dataset.expected_areas(table)) for table in dataset.tables]
    return hashlib.sha256(json.dumps([READER_VERSION, tables], sort_keys=True).encode()).hexdigest()[:8]


class RawStore:
    """Raw Parquet of landed releases under one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, dataset: Dataset, release: Release) -> Path:
        return self.root / dataset.dataset / f"{release.key}~{reader_fingerprint(dataset)}"

    def holds(self, dataset: Dataset, release: Release) -> bool:
        return (self.folder(dataset, release) / "contract.json").is_file()

    def write(
        self,
        dataset: Dataset,
        release: Release,
        tables: dict[str, Path],
        contract: dict[str, Any],
        fingerprints: dict[str, Fingerprint],
    ) -> Path:
        """Takes tables (Parquet files, moved away), contract results and form.

        The folder of another reader version is removed afterwards.
        """
        target = self.folder(dataset, release)
        scratch = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.rmtree(scratch, ignore_errors=True)
        form = {name: found.to_dict() for name, found in fingerprints.items()}
        try:
            scratch.mkdir(parents=True)
            for name, path in tables.items():
                with writing(target / f"{name}.parquet"):
                    shutil.move(path, scratch / f"{name}.parquet")
            for name, content in (("contract.json", contract), ("fingerprint.json", form)):
                with writing(target / name):
                    (scratch / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
            shutil.rmtree(target, ignore_errors=True)
            scratch.replace(target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        fsync_folder(target.parent)
        for other in target.parent.glob(f"{release.key}~*"):
            if other != target:
                shutil.rmtree(other)
        return target

    def remove_leftovers(self) -> None:
        """Removes what a killed run had begun to write; only for who alone may write."""
        for leftover in self.root.glob("*/.*"):
            shutil.rmtree(leftover)

    def contract(self, dataset: Dataset, release: Release) -> dict[str, Any]:
        """Contract results as stored by `write`."""
        text = (self.folder(dataset, release) / "contract.json").read_text(encoding="utf-8")
        stored: dict[str, Any] = json.loads(text)
        return stored

    def fingerprints(self, dataset: Dataset, release: Release) -> dict[str, Fingerprint]:
        """The form of each raw table as stored by `write`; nothing for a release that was not read."""
        path = self.folder(dataset, release) / "fingerprint.json"
        stored = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return {name: Fingerprint.from_dict(found) for name, found in stored.items()}

    def files(self, dataset: Dataset, table: str, releases: list[Release]) -> list[Path]:
        """Parquet files of one raw table for these releases (a release may lack an optional table)."""
        paths = (self.folder(dataset, release) / f"{table}.parquet" for release in releases)
        return [path for path in paths if path.is_file()]


def raw_columns(dataset: Dataset, table: str) -> tuple[str, ...]:
    """Columns of one raw table, provenance last."""
    found = next(item for item in dataset.tables if item.name == table)
    return (*found.column_names, *PROVENANCE)
