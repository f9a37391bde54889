"""Zip archives, searched recursively: publishers nest folders and zips differently at every release."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfileobj

MAX_DEPTH = 3
COPY_BYTES = 1 << 20
ZIP = b"PK\x03\x04"
WORKBOOK_MEMBERS = ("[Content_Types].xml", "mimetype")  # xlsx and ods are zips too


def is_archive(path: Path) -> bool:
    """True for a zip that is no workbook. It begins as one: bytes before it would hide it from the gate."""
    with path.open("rb") as file:
        begins = file.read(len(ZIP)) == ZIP
    if not begins or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    return not any(name in names for name in WORKBOOK_MEMBERS)


def extract(path: Path, scratch: Path, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Path]]:
    """(path inside the archive, extracted file) of every member; nested zips are opened in place.

    Members are written under generated names, so that no name inside an archive decides where a file goes.
    """
    with zipfile.ZipFile(path) as archive:
        for info in sorted(archive.infolist(), key=lambda item: item.filename):
            if info.is_dir() or info.filename.startswith("__MACOSX/"):
                continue
            target = scratch / f"{len(list(scratch.iterdir())):06d}"
            with archive.open(info) as member, target.open("wb") as file:
                copyfileobj(member, file, COPY_BYTES)
            name = f"{prefix}{info.filename}"
            if depth < MAX_DEPTH and is_archive(target):
                yield from extract(target, scratch, f"{name}/", depth + 1)
            else:
                yield name, target
