"""A cluster for the tests, on free ports; skipped where the extra `spark` or Java is absent."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from orchestration.spark.cluster import Cluster


def free_ports(count: int) -> int:
    """The first of so many free ports in a row."""
    for first in range(20000, 30000, 50):
        with ExitStack() as held:
            try:
                for port in range(first, first + count):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise AssertionError("no free ports")


@contextmanager
def a_cluster(folder: Path, **options: Any) -> Iterator[Cluster]:
    """Master, two workers and a Thrift server; ended, and gone, afterwards."""
    if find_spec("pyspark") is None:
        pytest.skip("the extra spark is not installed: make .venv/spark.stamp")
    if shutil.which("java") is None:
        pytest.skip("there is no Java: Spark needs 17 or later")
    first = free_ports(6)
    cluster = Cluster(folder, thrift_port=first, master_port=first + 1, **options)
    cluster.up()
    yield cluster
    assert cluster.down() == ["thrift", "worker-2", "worker-1", "master"]


def environment_of(cluster: Cluster) -> dict[str, str]:
    """Environment in which `outcomes` and dbt use a cluster."""
    return {"OUTCOMES_ENGINE": "spark", "OUTCOMES_SPARK_PORT": str(cluster.thrift_port)}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The cluster of `make spark-up`."""
    with a_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def at_cluster(cluster: Cluster) -> dict[str, str]:
    return environment_of(cluster)
