"""A dbt that stands by: what it needs takes seconds to import, and a run has other things to do before it builds.

the run         `standing_by()`: a process that imports dbt and reads the stored manifest, then waits on a socket
dagster-dbt     starts `outcomes-dbt` as ever, which hands its command over (arguments, environment, folder, output)
                and ends as the command does; where nobody stands by, it is dbt itself
who stands by   carries out one command. It ends with the run that started it, or with whoever gave it the command
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from orchestration.memory import leave, made_to_stay

ADDRESS = "OUTCOMES_DBT_STANDBY"
STOPPED = 128 + signal.SIGTERM
_OUTPUTS = [1, 2]


@contextmanager
def standing_by() -> Iterator[None]:
    """A dbt stands by for one command of this process or of those that it starts."""
    with TemporaryDirectory(prefix="outcomes-dbt-") as folder:
        address = str(Path(folder) / "socket")
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestration.dbt_standby", address],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.environ[ADDRESS] = address
        try:
            yield
        finally:
            del os.environ[ADDRESS]
            process.communicate()  # closes its input, with which it ends


def hand_over(arguments: Sequence[str]) -> int | None:
    """Exit code of a command of dbt that was carried out by who stands by; None where nobody does."""
    address = os.environ.get(ADDRESS, "")
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(address)
            socket.send_fds(connection, [b"\n"], _OUTPUTS)
        except OSError:  # nobody, or somebody who has had a command
            return None
        signal.signal(signal.SIGTERM, lambda *_: connection.shutdown(socket.SHUT_WR))
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # at a terminal it goes to both
        command = {"arguments": list(arguments), "environment": dict(os.environ), "folder": str(Path.cwd())}
        connection.sendall(json.dumps(command).encode() + b"\n")
        answer = connection.makefile("rb").read()  # to its end: then the process has ended, and its files are closed
    return int(answer or STOPPED)


def main() -> int:
    """Stands by at the address given, and carries out a command."""
    from orchestration.dbt_process import StoredManifest, run_dbt

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(sys.argv[1])
        listening.listen(1)
        waiting = [True]
        Thread(target=_end_with_run, args=(waiting,), daemon=True).start()
        with made_to_stay():
            stored = StoredManifest.load()
            import_module("dbt.adapters.duckdb")
        connection, _ = listening.accept()
    waiting.clear()
    _, outputs, *_ = socket.recv_fds(connection, 1, len(_OUTPUTS))
    command = json.loads(connection.makefile("rb").readline())
    caller = connection.detach()  # open to the end of the process
    Thread(target=_end_with, args=(caller,), daemon=True).start()
    for output, ours in zip(outputs, _OUTPUTS, strict=True):
        os.dup2(output, ours)
        os.close(output)
    os.chdir(command["folder"])
    os.environ.clear()
    os.environ.update(command["environment"])
    code = run_dbt(command["arguments"], stored)
    os.write(caller, str(code).encode())
    return code


def _end_with_run(waiting: list[bool]) -> None:
    os.read(0, 1)
    if waiting:
        os._exit(0)


def _end_with(caller: int) -> None:
    with suppress(OSError):
        os.read(caller, 1)
    os._exit(STOPPED)


if __name__ == "__main__":
    leave(main())
