"""A disk that gets full, in a process of its own: a tmpfs where a mount namespace may be made, else a limit on files.

Started as `python -m tests.faults.small_disk` behind `own_mounts()`. Reads JSON lines `[case, folder]`, lets one after
the other happen in a forked process, and answers with a JSON line of what was seen (`Seen`).
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas  # noqa: F401 - once, before there are children
from pyarrow import parquet  # noqa: F401
from pytest_httpserver import HTTPServer

from orchestration import publish as steps
from orchestration.home import Home
from sources.disk import disk_trouble
from sources.http import PoliteSession
from sources.landing import Landing
from sources.raw import RawStore
from tests.faults.nights import Warehouse, told_of
from tests.faults.publishers import LocalStatistics, Site
from tests.unit import test_publish as builds

MIB = 1 << 20


@dataclass(frozen=True)
class Seen:
    """What came of a full disk."""

    told: str
    stayed: bool  # what had landed and what was published is as it was
    leftovers: list[str]
    after: str  # of the same once there is space again


class SmallDisk:
    """The folder as a disk of 64 MiB."""

    def __init__(self, folder: Path) -> None:
        self.ballast = folder / "ballast"
        self.is_mount = os.environ["OWN_MOUNTS"] == "1"
        if self.is_mount:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], check=True)

    def fill(self) -> None:
        if not self.is_mount:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
            return
        with self.ballast.open("wb", buffering=0) as file:
            for size in (MIB, 1 << 12):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    pass

    def free(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        self.ballast.unlink(missing_ok=True)

    @contextmanager
    def full_from(self, owner: Any, name: str) -> Iterator[None]:
        """Full from the moment on in which `owner.name` is called."""
        original = getattr(owner, name)

        def on_a_full_disk(*arguments: Any, **settings: Any) -> Any:
            self.fill()
            return original(*arguments, **settings)

        setattr(owner, name, on_a_full_disk)
        try:
            yield
        finally:
            setattr(owner, name, original)
            self.free()


class Unchecked:
    """In place of the contract runner, whose library takes seconds to import: the payloads here are good."""

    def check_pieces(self, *_: Any, **__: Any) -> Any:
        return SimpleNamespace(results=[], document={"results": []})


def torn_ledger(folder: Path, disk: SmallDisk) -> Seen:
    """As a night, but some bytes of the ledger's next row still fit."""

    def fill() -> None:
        size = (folder / "landing" / "ledger.jsonl").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, resource.RLIM_INFINITY))

    disk.fill = fill  # type: ignore[method-assign]
    return night(Landing, "commit")(folder, disk)


def night(owner: Any, name: str) -> Callable[[Path, SmallDisk], Seen]:
    """The second edition of a dataset meets a full disk."""

    def case(folder: Path, disk: SmallDisk) -> Seen:
        tempfile.tempdir = str(folder / "scratch")
        Path(tempfile.tempdir).mkdir()
        with HTTPServer() as server:
            warehouse, source = Warehouse(folder, Unchecked(), server), LocalStatistics(Site(server))
            warehouse.night(source)
            held = warehouse.held(source)
            source.publish_good()
            with disk.full_from(owner, name):
                (outcome,) = warehouse.night(source)
            kept = warehouse.held(source)
            (after,) = warehouse.night(source)
        leftovers = [path for path in kept if "/." in path] + [path.name for path in (folder / "scratch").iterdir()]
        return Seen(told_of(outcome), held.items() <= kept.items(), leftovers, told_of(after))

    return case


def publishing(name: str) -> Callable[[Path, SmallDisk], Seen]:
    """The second build meets a full disk on its way to the readers."""

    def case(folder: Path, disk: SmallDisk) -> Seen:
        home = Home(folder)
        steps._write_docs = lambda documents, docs: docs.mkdir()
        steps._write_page = lambda mart, page, kept: page.write_text("page")
        builds.make_build_database(home)
        builds.publish(home, "build-1")
        before = builds.everything(home)
        builds.make_build_database(home, observations=9)
        told = ""
        with disk.full_from(steps, name):
            try:
                builds.publish(home, "build-2")
            except Exception as error:
                told = disk_trouble(error, folder) or repr(error)
        published = set(builds.everything(home).items())
        hidden = [str(path.relative_to(folder)) for path in home.published.rglob(".*")]
        builds.publish(home, "build-2")
        return Seen(told, set(before.items()) <= published, hidden, f"published {steps.published_build_id(home)}")

    return case


def cases() -> dict[str, Callable[[Path, SmallDisk], Seen]]:
    return {
        "while downloading": night(PoliteSession, "download"),
        "while landing a payload": night(Landing, "store"),
        "while writing raw Parquet": night(RawStore, "write"),
        "in the middle of a ledger row": torn_ledger,
        "while writing the mart": publishing("_write_mart"),
        "while writing its Parquet": publishing("_write_parquet"),
        "while writing its CSV": publishing("write_csv"),
        "while swapping the mart in": publishing("swap"),
    }


def main() -> None:
    known = cases()
    for line in sys.stdin:
        name, folder = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                seen = known[name](Path(folder), SmallDisk(Path(folder)))
                print(json.dumps(asdict(seen)), flush=True)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        print("end", flush=True)


if __name__ == "__main__":
    main()
