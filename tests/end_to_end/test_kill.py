"""A run that is killed, stopped or not alone: what was published and what has landed stay as they were."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from orchestration.home import PROJECT_ROOT, Home
from orchestration.publish import kept_builds
from sources.catalogue import load_catalogue
from sources.release import sha256_of
from tests.end_to_end.runs import (
    COMMAND,
    assert_landing_is_readable,
    assert_mart_is_whole,
    assert_nobody_holds_the_lock,
    copy_of,
    environment,
    outcomes,
    running,
)

pytestmark = pytest.mark.end_to_end

RUN = ("run", "--from", "sample")
# Lines of progress.
STARTING, LANDED, RAW, DBT, GATE, PUBLISH = (
    "starting", ": ok: 1 new", "building from", "dbt build", "release gate", "publish"
)  # fmt: skip

# `outcomes` with a job that begins at a later step, on what the run before has left: sooner there.
LATER_STEPS = """
import dagster as dg
from orchestration.assets import mart

gate_and_publish = dg.AssetSelection.assets(mart.PUBLISHED) | dg.AssetSelection.checks_for_assets(
    *mart.GATE_ASSETS.values())
without_ingest = dg.AssetSelection.all() - dg.AssetSelection.key_prefixes("landed")
dg.AssetSelection.all = staticmethod(lambda: {steps})

from orchestration.cli import main
main()
"""
COMMANDS = {
    STARTING: COMMAND,
    LANDED: COMMAND,
    **{step: [sys.executable, "-c", LATER_STEPS.format(steps="without_ingest")] for step in (RAW, DBT)},
    **{step: [sys.executable, "-c", LATER_STEPS.format(steps="gate_and_publish")] for step in (GATE, PUBLISH)},
}

# Publishes the build database of a home again and again, and says so each time. Docs and page, whose libraries take
# longest to load, are left out: they go into the same hidden folder as all the rest.
PUBLISHING = """
import datetime as dt, itertools, json
from orchestration import publish
from orchestration.home import Home

home = Home.from_environment()
checks = json.loads((home.current / "results.json").read_text(encoding="utf-8"))["checks"]
publish._write_docs = lambda documents, folder: folder.mkdir()
publish._write_page = lambda mart, page, kept: page.write_text("page")
with home.lock():
    for number in itertools.count():
        now = dt.datetime.now(dt.UTC)
        publish.publish(
            home, build_id=publish.new_build_id(now, f"{number:08}"), started_at=now, built_from="sample",
            quality=checks, documents=[], keep=3,
        )
        print("published", flush=True)
"""
# What shows in the published folder while a build is being published, in this order.
WHILE_PUBLISHING = (
    "builds/.*",
    "builds/.*/outcomes.duckdb",
    "builds/.*/parquet/*.parquet",
    "builds/.*/csv/*.csv*",
    "builds/.*/results.json",
    ".outcomes.duckdb.*",
)


@pytest.fixture(scope="module")
def home(sample_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A warehouse with a published mart, in which one run after the other is stopped."""
    return copy_of(sample_home, tmp_path_factory.mktemp("kill") / "home")


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(moment, marks=pytest.mark.fault("process", f"SIGTERM at `{moment.strip(': ')}`"))
        for moment in (PUBLISH, GATE, DBT, RAW, LANDED, STARTING)
    ],
)
def test_sigterm_stops_at_every_step(home: Home, moment: str, ended: Callable[[str], None]) -> None:
    before = sha256_of(home.mart)
    if moment == LANDED:
        lose_what_landed(home)
    with running(home, *RUN, command=COMMANDS[moment]) as run:
        run.wait_for(moment)
        if moment == PUBLISH:
            run.wait_for_sight(home.builds, ".*/outcomes.duckdb")
        code, last_words = run.terminate()
        assert run.left_alive() == []
    assert code == 1
    assert "stopped by a signal" in last_words
    assert "what was published before stays as it is" in last_words
    assert "Traceback" not in last_words
    assert sha256_of(home.mart) == before
    assert_mart_is_whole(home)
    assert_nobody_holds_the_lock(home)
    ended(f"exit code {code}: {last_words.splitlines()[-1]}")


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(moment, marks=pytest.mark.fault("process", f"SIGKILL at `{moment.strip(': ')}`"))
        for moment in (PUBLISH, GATE, RAW, LANDED)
    ],
)
def test_killed_run_leaves_everything_whole(
    home: Home, sample_home: Home, moment: str, ended: Callable[[str], None]
) -> None:
    if moment == LANDED:
        lose_what_landed(home)
    else:
        shutil.copytree(sample_home.landing, home.landing, dirs_exist_ok=True)
        shutil.copytree(sample_home.raw, home.raw, dirs_exist_ok=True)
    before, last = sha256_of(home.mart), kept_builds(home)[-1]
    with running(home, *RUN, command=COMMANDS[moment]) as run:
        run.wait_for(moment)
        run.kill()
    build_id = assert_mart_is_whole(home)
    # Only who was publishing may have come to the swap.
    assert sha256_of(home.mart) == before or (moment == PUBLISH and build_id > last)
    if moment in (PUBLISH, LANDED):
        assert assert_landing_is_readable(home) > 0
    assert_nobody_holds_the_lock(home)
    ended("no lock, the mart is a whole build, every landed release has its bytes")


def lose_what_landed(home: Home) -> None:
    shutil.rmtree(home.landing, ignore_errors=True)
    shutil.rmtree(home.raw, ignore_errors=True)


@pytest.mark.fault("process", "SIGKILL at `dbt build`, and dbt goes on")
def test_next_run_is_good_and_history_says_what_happened(
    home: Home, monkeypatch: pytest.MonkeyPatch, ended: Callable[[str], None]
) -> None:
    """The last run is killed without its dbt, which goes on writing for a while; the next one waits for it."""
    before = sha256_of(home.mart)
    # What a run leaves that is killed between two bytes.
    dataset = next(folder.name for folder in home.landing.iterdir() if folder.is_dir())
    (home.landing / dataset / ".0123.csv.4711").write_bytes(b"half")
    (home.raw / dataset / ".release.4711").mkdir(parents=True)
    (home.scratch / "outcomes-fetch-4711").mkdir(parents=True)
    (home.scratch / "outcomes-fetch-4711" / "records.zip").write_bytes(b"personal")
    with running(home, *RUN, command=COMMANDS[DBT]) as run:
        run.wait_for(DBT)
        run.kill_alone()
        assert sha256_of(home.mart) == before
        assert_nobody_holds_the_lock(home)
        done = outcomes(home, *RUN)
    assert done.code == 0, done.err
    assert home.current.resolve().name == assert_mart_is_whole(home)
    assert assert_landing_is_readable(home) >= len(load_catalogue())
    assert [path for path in home.root.rglob(".*") if home.dagster_storage not in path.parents] == []
    assert not home.scratch.exists()
    ended("the next run waits for dbt, removes what was left, and publishes")
    monkeypatch.setenv("OUTCOMES_DAGSTER_STORAGE", str(home.dagster_storage))
    with dg.DagsterInstance.from_config(str(PROJECT_ROOT)) as instance:
        newest_first = [run.status for run in instance.get_runs()]
    # The first run and this one, and between them those that were killed: none is said to be at work for ever.
    assert newest_first[0] == newest_first[-1] == dg.DagsterRunStatus.SUCCESS
    assert set(newest_first[1:-1]) == {dg.DagsterRunStatus.FAILURE}


@pytest.mark.fault("process", "two runs at once")
def test_second_run_is_refused_and_the_first_goes_on(
    sample_home: Home, tmp_path: Path, ended: Callable[[str], None]
) -> None:
    home = copy_of(sample_home, tmp_path / "home")
    before = sha256_of(home.mart)
    with running(home, *RUN) as first:
        first.wait_for(": unchanged: ")
        for command in (RUN, ("rollback",)):
            second = outcomes(home, *command)
            assert second.code == 1
            assert f"another run is writing to {home.root} (process {first.process.pid})" in second.err
            assert "starting" not in second.err
        first.wait_for(DBT)
        first.kill()
    ended(f"exit code 1: {second.err}")
    assert sha256_of(home.mart) == before
    assert_mart_is_whole(home)
    assert_landing_is_readable(home)
    assert_nobody_holds_the_lock(home)


@pytest.mark.fault("process", "SIGKILL at six moments of a publish")
def test_killed_while_publishing(sample_home: Home, tmp_path: Path, ended: Callable[[str], None]) -> None:
    """Whatever the publisher was at: the published file is the last whole build, and the next publisher goes on."""
    home = copy_of(sample_home, tmp_path / "home")
    seen = [assert_mart_is_whole(home)]
    for sight in WHILE_PUBLISHING:
        with subprocess.Popen(
            [sys.executable, "-c", PUBLISHING],
            cwd=PROJECT_ROOT,
            env=environment(home) | {"PYTHONPATH": str(PROJECT_ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        ) as publisher:
            try:
                assert publisher.stdout is not None
                assert publisher.stdout.readline() == "published\n"
                while not any(home.published.glob(sight)):
                    assert publisher.poll() is None
            finally:
                publisher.kill()
        seen.append(assert_mart_is_whole(home))
        assert_nobody_holds_the_lock(home)
    assert seen == sorted(set(seen))
    ended("whole builds only, and the next publisher goes on")
    kept = kept_builds(home)
    rolled_back = outcomes(home, "rollback")
    assert rolled_back.code == 0, rolled_back.err
    assert home.current.resolve().name == assert_mart_is_whole(home) == kept[kept.index(seen[-1]) - 1]
