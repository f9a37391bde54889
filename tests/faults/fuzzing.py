"""Fuzz run: damaged files through the gate and the readers, as an ingest would, each in a process that may die of it.

    make fuzz FUZZ_SECONDS=3600
    python -m tests.faults.fuzzing --published DIR [--seconds N] [--first SEED] [--only DATASET] [--keep DIR]

A file may end as raw tables or in a `SourceError`. Everything else is a defect: another exception, a crash of native
code, a hang, memory without bound, or an error that is no short sentence. A defect is named by dataset, file and
seed; the same three make it again.
"""

from __future__ import annotations

import argparse
import faulthandler
import io
import itertools
import json
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

from orchestration.ingest import media_of
from sources.catalogue import Dataset, load_catalogue
from sources.errors import SourceError
from sources.gate import check_payload
from sources.origins import Origin, open_origin, parse
from sources.readers import SourceFile, read_release
from tests.faults.mutations import mutate

SECONDS = 60  # a file that takes longer hangs: the slowest takes three
MEMORY = 3 << 30  # address space of a reading process; DuckDB alone may take 1 GB
LONGEST_ERROR = 6_000  # characters
LARGEST_FILE = 3 << 20  # of larger CSV files the first part is taken, larger other files are left out
PART_OF_CSV = 300_000


@dataclass(frozen=True)
class Case:
    """One real or sample file of a dataset."""

    dataset: str
    name: str
    content: bytes = field(repr=False)

    def __str__(self) -> str:
        return f"{self.dataset} {self.name}"


@dataclass(frozen=True)
class Ending:
    """How one damaged file ended: `how` is read, refused, or defect; `what` is the error or the traceback."""

    case: Case
    seed: int
    how: str
    what: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.case} seed {self.seed}: {self.how} after {self.seconds:.1f} s\n{self.what}"


# --- files ------------------------------------------------------------------------------------------------


def cases(published: Path | None) -> list[Case]:
    """Files of every dataset: those that a mirror has, and the bundled sample's."""
    origins = [open_origin(parse("sample"), None, None)]  # type: ignore[arg-type]
    if published is not None:
        origins.append(open_origin(parse(f"mirror:{published}"), None, None))  # type: ignore[arg-type]
    catalogue = load_catalogue()
    found = [case for origin in origins for dataset in catalogue.values() for case in _files(origin, dataset)]
    return [*found, *(_reply(dataset) for dataset in catalogue.values() if dataset.tables[0].format == "ees_json")]


def _files(origin: Origin, dataset: Dataset) -> Iterator[Case]:
    try:
        for payload in origin.payloads(dataset, Path()):
            for file in getattr(payload, "files", ()):
                content = file.path.read_bytes()
                if file.path.suffix == ".csv" and len(content) > PART_OF_CSV:
                    content = content[: content.rindex(b"\n", 0, PART_OF_CSV) + 1]
                if len(content) <= LARGEST_FILE:
                    yield Case(dataset.dataset, file.name, content)
    except SourceError:
        return  # this origin has nothing of it


def _reply(dataset: Dataset) -> Case:
    """A reply of Explore Education Statistics: the sample has such data as CSV only."""
    table = dataset.tables[0]
    of_places = ("country_code", "country_name", "region_code", "region_name", "old_la_code", "new_la_code", "la_name")
    columns = [column.names[0] for column in table.columns.values() if column.names]
    values = [
        name for name in columns if name not in ("time_period", "time_identifier", "geographic_level", *of_places)
    ]
    option = {"id": "o1", "code": "E08000012", "label": "Liverpool", "oldCode": "341"}
    meta = {
        "filters": [{"id": "f1", "column": "a_filter", "options": [{"id": "total", "label": "Total"}]}],
        "indicators": [{"id": f"i{at}", "column": name} for at, name in enumerate(values)],
        "geographicLevels": [{"code": "LA", "label": "Local authority"}],
        "locations": [{"level": {"code": "LA"}, "options": [option]}],
    }
    result = {
        "timePeriod": {"code": "AY", "period": "2023/2024"},
        "geographicLevel": "LA",
        "locations": {"LA": "o1"},
        "filters": {"f1": "total"},
        "values": {f"i{at}": str(at) for at in range(len(values))},
    }
    page = {"paging": {"page": 1, "totalPages": 1}, "results": [result] * 20}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("meta.json", json.dumps(meta))
        archive.writestr("page001.json", json.dumps(page))
    return Case(dataset.dataset, "reply.zip", target.getvalue())


# --- one file ---------------------------------------------------------------------------------------------


def damaged(case: Case, seed: int) -> bytes:
    """Its bytes after damage; a negative seed is for files that were kept, and changes nothing."""
    return mutate(Random(f"{case} {seed}"), case.name, case.content) if seed >= 0 else case.content


def ingest(case: Case, content: bytes, folder: Path) -> None:
    """Gate, read and write as an ingest does. Raises SourceError for a file that is refused."""
    from pyarrow import parquet

    dataset = load_catalogue()[case.dataset]
    path = folder / Path(case.name).name
    path.write_bytes(content)
    check_payload(
        path, media=media_of(dataset, path.name), publisher=dataset.publisher, dataset=dataset.dataset, where=path.name
    )
    for rows in read_release(dataset, [SourceFile(path.name, path, "f" * 64)], "release").values():
        rows.validate(full=True)
        rows.to_pandas()  # what the contract looks at
        parquet.write_table(rows, folder / "raw.parquet", compression="zstd")


Read = Callable[[Case, bytes, Path], None]


def _ending(read: Read, case: Case, content: bytes) -> tuple[str, str]:
    with tempfile.TemporaryDirectory(prefix="outcomes-fuzz-") as folder:
        try:
            read(case, content, Path(folder))
        except SourceError as error:
            said = str(error).encode()  # the ledger keeps it as UTF-8
            return ("refused", "") if len(said) <= LONGEST_ERROR else ("defect", f"long: {error}"[:900])
        except BaseException:  # a panic of Rust code is no Exception
            return "defect", traceback.format_exc()[-3000:]
    return "read", ""


# --- many files -------------------------------------------------------------------------------------------


def _work(jobs: Connection, log: Path, read: Read) -> None:
    """A process that takes (case, seed, content) until there is no more."""
    import pandas  # noqa: F401
    import pyarrow.compute
    import pyarrow.csv  # noqa: F401

    with log.open("wb") as file:
        os.dup2(file.fileno(), 2)
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, chain=False)
    os.environ["TMPDIR"] = str(log.parent)
    tempfile.tempdir = None
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while (job := jobs.recv()) is not None:
        case, seed = job
        content = damaged(case, seed)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.RLIM_INFINITY))
        ending = _ending(read, case, content)
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        jobs.send(ending)


class _Worker:
    def __init__(self, folder: Path, number: int, read: Read) -> None:
        self.log = folder / f"{number}.log"
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_work, args=(theirs, self.log, read), daemon=True)
        self.process.start()
        theirs.close()
        self.job: tuple[Case, int] | None = None
        self.began = 0.0

    def give(self, job: tuple[Case, int]) -> None:
        self.job, self.began = job, time.monotonic()
        self.pipe.send(job)

    def take(self) -> Ending:
        """The ending of its job; a process that died or hangs has ended in a defect."""
        assert self.job is not None
        seconds = time.monotonic() - self.began
        try:
            how, what = self.pipe.recv() if self.pipe.poll() else self._hang()
        except EOFError:
            self.process.join()
            how, what = "defect", f"died with exit code {self.process.exitcode}\n{self._said()}"
        case, seed = self.job
        self.job = None
        return Ending(case, seed, how, what, seconds)

    def _hang(self) -> tuple[str, str]:
        os.kill(self.process.pid or 0, signal.SIGUSR1)
        time.sleep(0.5)
        self.end()
        return "defect", f"still at it, so it was ended\n{self._said()}"

    def _said(self) -> str:
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def run(
    jobs: Iterable[tuple[Case, int]], *, processes: int = 2, read: Read = ingest, seconds: float = SECONDS
) -> Iterator[Ending]:
    """How each (case, seed) ended, in the order of ending."""
    waiting = iter(jobs)
    numbers = itertools.count()
    with tempfile.TemporaryDirectory(prefix="outcomes-fuzz-run-") as folder:
        workers: list[_Worker] = []
        try:
            while True:
                for job in itertools.islice(waiting, processes - sum(worker.job is not None for worker in workers)):
                    idle = next((worker for worker in workers if worker.job is None), None)
                    if idle is None:
                        idle = _Worker(Path(folder), next(numbers), read)
                        workers.append(idle)
                    idle.give(job)
                busy = [worker for worker in workers if worker.job is not None]
                if not busy:
                    return
                wait([worker.pipe for worker in busy], timeout=1)
                for worker in busy:
                    if worker.pipe.poll() or time.monotonic() - worker.began > seconds:
                        yield worker.take()
                workers = [worker for worker in workers if worker.process.is_alive()]
        finally:
            for worker in workers:
                worker.end()


def main() -> int:
    parser = argparse.ArgumentParser(description="Damaged files through the gate and the readers.")
    parser.add_argument("--published", type=Path, help="folder of real published files, beside the sample")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--first", type=int, default=time.time_ns() % 1_000_000_000, help="first seed")
    parser.add_argument("--only", default="", help="datasets whose name contains this")
    parser.add_argument("--keep", type=Path, help="folder for the damaged files of defects")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    published = options.published if options.published and options.published.is_dir() else None
    chosen = [case for case in cases(published) if options.only in case.dataset]
    print(f"{len(chosen)} files of {published or 'the sample'}, first seed {options.first}", flush=True)
    stop = time.monotonic() + options.seconds
    jobs = ((case, seed) for seed in itertools.count(options.first) for case in chosen)
    ends: Counter[str] = Counter()
    slowest = Ending(chosen[0], 0, "", "", 0.0)
    for ending in run(itertools.takewhile(lambda _: time.monotonic() < stop, jobs), processes=options.processes):
        ends[ending.how] += 1
        slowest = max(slowest, ending, key=lambda one: one.seconds)
        if ending.how == "defect":
            print(ending, flush=True)
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                path = options.keep / f"{ending.case.dataset}.{ending.seed}.{ending.case.name}"
                path.write_bytes(damaged(ending.case, ending.seed))
    at = f"{slowest.case} seed {slowest.seed} ({slowest.seconds:.1f} s)"
    print(f"{sum(ends.values())} damaged files: {dict(ends)}; slowest {at}", flush=True)
    return 1 if ends["defect"] else 0


if __name__ == "__main__":
    sys.exit(main())
