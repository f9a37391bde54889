"""A reader that queries the mart in a loop while builds are published: whole builds only, and never an error."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration import publish
from orchestration.home import Home
from tests.end_to_end.runs import copy_of

pytestmark = pytest.mark.end_to_end

PUBLISHES = 20
LEAST_READS = 50
# Connects anew for every read, as a BI server that refreshes does, until its input ends; one line per read.
READER = """
import json, sys, threading
import duckdb

stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
while not stop.is_set():
    with duckdb.connect(sys.argv[1], read_only=True) as con:
        read = con.execute(
            "select build_id, published_rows + illustrative_rows, "
            "(select count(*) from mart.fct_observation), (select count(*) from mart.mart_quality), "
            "(select count(*) from mart.fct_observation inner join mart.dim_release using (release_id)) from mart.build"
        ).fetchall()
    print(json.dumps(read), flush=True)
"""

DELETE_LAST_ROW = "delete from mart.fct_observation where rowid in (select max(rowid) from mart.fct_observation)"


@pytest.fixture
def home(sample_home: Home, tmp_path: Path) -> Home:
    return copy_of(sample_home, tmp_path / "home")


@pytest.mark.fault("reader", f"reads in a loop over {PUBLISHES} publishes")
def test_reader_sees_whole_builds_only(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended: Callable[[str], None]
) -> None:
    # Not what a reader of the mart looks at, and what takes longest to write.
    monkeypatch.setattr(publish, "_write_docs", lambda documents, folder: folder.mkdir())
    monkeypatch.setattr(publish, "_write_page", lambda mart, page, kept: page.write_text("page"))
    monkeypatch.setattr(publish, "write_csv", lambda mart, folder, linked: None)
    checks = json.loads((home.current / "results.json").read_text(encoding="utf-8"))["checks"]
    rows = {publish.published_build_id(home): count_observations(home)}
    reads = tmp_path / "reads.jsonl"
    with (
        reads.open("w+", encoding="utf-8") as out,
        subprocess.Popen(
            [sys.executable, "-c", READER, str(home.mart)],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
        ) as reader,
    ):
        try:
            for number in range(PUBLISHES):
                # Every build differs from the one before, so that half of one and half of another would show.
                with duckdb.connect(home.build_db) as con:
                    con.execute(DELETE_LAST_ROW)
                published = publish.publish(
                    home,
                    build_id=f"29991231T0000{number:02}Z-reader",
                    started_at=dt.datetime.now(dt.UTC),
                    built_from="sample",
                    quality=checks[number:],
                    documents=[],
                    keep=4,
                )
                rows[published.build_id] = published.counts["published_rows"] + published.counts["illustrative_rows"]
            while reads.read_text(encoding="utf-8").count("\n") <= LEAST_READS:
                assert reader.poll() is None
                publish.rollback(home, publish.kept_builds(home)[-2])
                publish.rollback(home, publish.kept_builds(home)[-1])
            _, complaints = reader.communicate()
        finally:
            reader.kill()
    assert complaints == ""
    assert reader.returncode == 0
    assert len(set(rows.values())) == PUBLISHES + 1
    seen = [json.loads(line) for line in reads.read_text(encoding="utf-8").splitlines()]
    assert len(seen) > LEAST_READS
    quality = {}
    for ((build_id, stated, counted, checked, joined),) in seen:
        assert stated == counted == joined == rows[build_id]
        assert quality.setdefault(build_id, checked) == checked
    assert len(quality) > 2
    ended(f"{len(seen)} reads of {len(quality)} builds, each whole, no error")


def count_observations(home: Home) -> int:
    with duckdb.connect(home.mart, read_only=True) as con:
        (counted,) = con.execute("select count(*) from mart.fct_observation").fetchone()
    return int(counted)
