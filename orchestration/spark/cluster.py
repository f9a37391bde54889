"""A standalone Spark cluster on this machine, from the pyspark package alone: `make spark-up`, `make spark-down`.

A master, two workers and a Thrift server, which dbt talks to, all on the loopback address. Warehouse, logs and process
ids lie in one folder, `spark/` below OUTCOMES_HOME; one folder has one cluster. Ports: the Thrift server's is
OUTCOMES_SPARK_PORT (10000); the others count from OUTCOMES_SPARK_MASTER_PORT (7077). On machines of their own the same
four processes are started by the same commands with the machines' addresses: docs/spark.md.

A run makes every schema anew, so the catalog need not outlive the Thrift server: it is held in its memory, and the
warehouse folder begins empty with it. OUTCOMES_SPARK_CATALOG=hive keeps a catalog on disk (Derby) for other uses of it;
every table then costs several times as long to make.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.home import Home

LOOPBACK = "127.0.0.1"
WORKERS = 2
START_SECONDS = 180
STOP_SECONDS = 20
# About 3.5 GB in all: four daemons, and one executor on each worker.
DAEMON_MEMORY = "256m"
DRIVER_MEMORY = "1g"
EXECUTOR_MEMORY = "768m"
# What a warehouse of many small tables is served best by; results do not depend on it but for the first four.
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.sources.default": "parquet",
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.parquet.compression.codec": "snappy",
    "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
    "spark.scheduler.mode": "FAIR",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.ui.retainedExecutions": "20",
    "spark.task.maxFailures": "8",
    # Spark 4.3 now and then sends a union inside generated code that executors cannot read (ClassCastException of
    # UnionExec.children), however often the task is tried again.
    "spark.sql.codegen.wholeStage.union.enabled": "false",
}

LOGGING = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss} %p %c{1}: %m%n
"""


NAMES = ("master", "worker-1", "worker-2", "thrift")  # in the order in which they start


class ClusterError(RuntimeError):
    """The cluster cannot be started; the message says what to do."""


@dataclass(frozen=True)
class Cluster:
    """One cluster: folder, ports, catalog (in-memory or hive), settings beside those above, options of Java."""

    folder: Path
    thrift_port: int = 10000
    master_port: int = 7077
    catalog: str = "in-memory"
    settings: Mapping[str, str] = field(default_factory=dict)
    java: str = ""

    @classmethod
    def from_environment(cls) -> Cluster:
        return cls(
            Home.from_environment().root / "spark",
            int(os.environ.get("OUTCOMES_SPARK_PORT", "10000")),
            int(os.environ.get("OUTCOMES_SPARK_MASTER_PORT", "7077")),
            os.environ.get("OUTCOMES_SPARK_CATALOG", "in-memory"),
        )

    @property
    def master_url(self) -> str:
        return f"spark://{LOOPBACK}:{self.master_port}"

    def web_ports(self) -> dict[str, int]:
        """Ports of the pages on which master, workers and the running statements can be seen."""
        names = ["master", *(f"worker-{number}" for number in range(1, WORKERS + 1)), "thrift"]
        return {name: self.master_port + 1 + place for place, name in enumerate(names)}

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Name and command of every process, in the order in which they are started."""
        web = self.web_ports()
        deploy = "org.apache.spark.deploy"
        listen = ["--host", LOOPBACK]
        yield "master", [
            _spark("spark-class"), f"{deploy}.master.Master", *listen,
            "--port", str(self.master_port), "--webui-port", str(web["master"]),
        ]  # fmt: skip
        for name in (name for name in web if name.startswith("worker")):
            yield name, [
                _spark("spark-class"), f"{deploy}.worker.Worker", *listen, "--webui-port", str(web[name]),
                "--cores", str(os.cpu_count() or 1), "--memory", "1g", "--work-dir", str(self.folder / name),
                self.master_url,
            ]  # fmt: skip
        server = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
        yield "thrift", [
            _spark("spark-submit"), "--class", server, "--name", "outcomes", "--master", self.master_url,
            "--executor-memory", EXECUTOR_MEMORY,
            *(part for name, value in self._settings().items() for part in ("--conf", f"{name}={value}")),
            "spark-internal",
            "--hiveconf", f"hive.server2.thrift.port={self.thrift_port}",
            "--hiveconf", f"hive.server2.thrift.bind.host={LOOPBACK}",
        ]  # fmt: skip

    def _settings(self) -> dict[str, str]:
        return {
            **SETTINGS,
            "spark.driver.host": LOOPBACK,
            "spark.driver.bindAddress": LOOPBACK,
            "spark.ui.port": str(self.web_ports()["thrift"]),
            "spark.sql.catalogImplementation": self.catalog,
            "spark.sql.warehouse.dir": (self.folder / "warehouse").as_uri(),
            "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:{self.folder / 'metastore'};create=true",
            "spark.driver.extraJavaOptions": f"-Dderby.stream.error.file={self.folder / 'derby.log'}",
            "spark.executor.extraJavaOptions": self.java,
            **self.settings,
        }

    def _environment(self, name: str) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))},
            "SPARK_LOCAL_IP": LOOPBACK,
            "SPARK_CONF_DIR": str(self.folder / "conf"),
            "SPARK_DAEMON_MEMORY": DRIVER_MEMORY if name == "thrift" else DAEMON_MEMORY,
            "SPARK_DAEMON_JAVA_OPTS": self.java,
            "SPARK_LOCAL_DIRS": str(self.folder / "scratch"),
        }

    def pid_file(self, name: str) -> Path:
        return self.folder / f"{name}.pid"

    def pid(self, name: str) -> int | None:
        """Process id of one of the processes that `up` started and that still runs."""
        path = self.pid_file(name)
        if not path.is_file():
            return None
        pid, started = path.read_text(encoding="utf-8").split()
        return int(pid) if _started_at(int(pid)) == started else None

    def up(self) -> bool:
        """Starts what does not run yet and waits until the Thrift server answers. False when all of it ran already.

        Raises ClusterError.
        """
        _check_java()
        missing = [(name, command) for name, command in self.commands() if self.pid(name) is None]
        if not missing:
            return False
        self._check_ports([name for name, _ in missing])
        (self.folder / "conf").mkdir(parents=True, exist_ok=True)
        (self.folder / "conf" / "log4j2.properties").write_text(LOGGING, encoding="utf-8")
        for name, command in missing:
            if name == "thrift" and self.catalog == "in-memory":
                shutil.rmtree(self.folder / "warehouse", ignore_errors=True)
            with (self.folder / f"{name}.log").open("wb") as log:
                process = subprocess.Popen(
                    command,
                    env=self._environment(name),
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            process.returncode = 0  # it outlives this object, which would warn of that
            self.pid_file(name).write_text(f"{process.pid} {_started_at(process.pid)}", encoding="utf-8")
            if name == "master":
                self._await("master", lambda: _listens(self.master_port))
        self._await("thrift", self._answers)
        return True

    def down(self) -> list[str]:
        """Ends what `up` started, the server first. Returns the names of what was running."""
        running = [(name, pid) for name in reversed(NAMES) if (pid := self.pid(name)) is not None]
        for name, pid in running:
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            while self.pid(name) is not None and time.monotonic() < deadline:
                _reap(pid)
                time.sleep(0.1)
            if self.pid(name) is not None:
                os.kill(pid, signal.SIGKILL)
        for name in NAMES:
            self.pid_file(name).unlink(missing_ok=True)
        shutil.rmtree(self.folder / "scratch", ignore_errors=True)
        return [name for name, _ in running]

    def _check_ports(self, names: Sequence[str]) -> None:
        wanted = {name: port for name, port in self.web_ports().items() if name in names}
        if "master" in names:
            wanted["master (clients)"] = self.master_port
        if "thrift" in names:
            wanted["thrift (clients)"] = self.thrift_port
        taken = [f"{port} ({name})" for name, port in wanted.items() if _listens(port)]
        if taken:
            raise ClusterError(
                f"expected free ports on {LOOPBACK}, found in use: {', '.join(taken)}; set OUTCOMES_SPARK_PORT and "
                "OUTCOMES_SPARK_MASTER_PORT (five ports from there on), or end what uses them"
            )

    def _answers(self) -> bool:
        """Whether the Thrift server answers a statement for which it needs an executor."""
        if not _listens(self.thrift_port):
            return False
        from pyhive import hive
        from thrift.transport.TTransport import TTransportException

        try:
            with hive.connect(LOOPBACK, self.thrift_port) as connection, connection.cursor() as cursor:
                cursor.execute("select count(*) from range(0, 10, 1, 2)")
                return bool(cursor.fetchall() == [(10,)])
        except (OSError, TTransportException):
            return False

    def _await(self, name: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            pid = self.pid(name)
            if pid is not None:
                _reap(pid)
            if self.pid(name) is None or time.monotonic() > deadline:
                log = self.folder / f"{name}.log"
                last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
                how = "ended" if self.pid(name) is None else f"did not answer within {START_SECONDS} s"
                self.down()
                raise ClusterError(f"Spark's {name} {how}; the end of {log}:\n" + "\n".join(last))
            time.sleep(0.2)


def _spark(script: str) -> str:
    """One of the scripts that come with the pyspark package."""
    from importlib.util import find_spec

    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise ClusterError(
            "expected the package pyspark, found none; `make .venv/spark.stamp` installs the extra spark"
        )
    return str(Path(spec.origin).with_name("bin") / script)


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if java is None:
        where = f"below JAVA_HOME ({home})" if home else "on the PATH"
        raise ClusterError(
            f"expected Java 17 or later {where}, found none; install it (Debian: openjdk-17-jre-headless), "
            "or set JAVA_HOME"
        )


def _started_at(pid: int) -> str:
    """When a process started, in clock ticks since the machine did; '' for one that has ended. Tells ids used again."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    state, *fields = stat.rpartition(")")[2].split()
    return "" if state == "Z" else fields[18]


def _reap(pid: int) -> None:
    """Lets go of an ended child of this process."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m orchestration.spark.cluster")
    parser.add_argument("command", choices=["up", "down"])
    command = parser.parse_args(arguments).command
    cluster = Cluster.from_environment()
    try:
        if command == "down":
            ended = cluster.down()
            print(f"ended: {', '.join(ended)}" if ended else f"nothing of {cluster.folder} runs")
            return 0
        started = cluster.up()
    except ClusterError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    state = "up" if started else "runs already"
    print(f"{state}: Thrift server {LOOPBACK}:{cluster.thrift_port}, master {cluster.master_url}")
    for name, port in cluster.web_ports().items():
        print(f"  {name:9} http://{LOOPBACK}:{port}")
    print(f"  logs, warehouse: {cluster.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
