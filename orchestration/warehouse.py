"""The warehouse as a Dagster resource: folders, catalogue, origin, landing zone, contract runner, run lock.

One instance serves all steps of a run. It holds the run lock from the first step to the last, so a second run,
from the command line or the UI, ends at once with a clear error.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from orchestration import profile
from orchestration.alerts import RUN, alert
from orchestration.failures import reasons
from orchestration.home import Home
from orchestration.ingest import Ingest, Outcome
from orchestration.progress import say
from orchestration.publish import set_damaged_aside
from sources.catalogue import CATALOGUE_DIR, Dataset, load_catalogue
from sources.landing import Landing
from sources.origins import Origin, OriginSpec, open_origin, parse
from sources.raw import RawStore
from sources.release import Release
from sources.returns.origin import ReturnsOrigin

if TYPE_CHECKING:
    from expectations.runner import Runner
    from sources.http import PoliteSession

HISTORY = dt.timedelta(days=90)  # as long as ticks are kept (dagster.yaml)


class Warehouse(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Configuration of a run; everything else follows from it."""

    origin: str = Field(
        default_factory=lambda: os.environ.get("OUTCOMES_FROM", "live"),
        description="Where bytes come from: live, sample, mirror:DIR or landed.",
    )
    as_of: str = Field(default="", description="Day (YYYY-MM-DD): build what was known then, beside the served mart.")
    full_refresh: bool = Field(default=False, description="Build every table again, also where nothing has changed.")
    home_dir: str = Field(default="", description="Folder of landing, build and published; default OUTCOMES_HOME.")
    catalogue_dir: str = Field(default="", description="Another catalogue (tests); default the project's own.")
    allowed_hosts: list[str] = Field(
        default_factory=list,
        description="Hosts that may be asked instead of the publishers' (tests: loopback).",
    )
    http_retries: int = Field(default=4, description="Retries of one request.")
    http_backoff_seconds: float = Field(default=1.0, description="Pause before the first retry; it doubles.")
    step_retries: int = Field(default=1, description="How often a publisher with network errors is tried again.")
    retry_wait_seconds: float = Field(default=60.0, description="Pause before a publisher is tried again.")

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Warehouse]:
        with ExitStack() as stack:
            stack.enter_context(self.home.lock())
            stack.enter_context(_scratch_in(self.home.scratch))
            self.landing.remove_leftovers()
            self.raw.remove_leftovers()
            set_damaged_aside(self.home, lambda text: say(None, text))
            if context.instance is not None and context.run is not None:
                end_abandoned_runs(context.instance, context.run.run_id)
                forget_old_runs(context.instance, self.home.dagster_storage)
            yield self
            if context.run is not None:
                profile.keep(self.home.profiles, context.run.run_id, self.home.dbt_results)
            session = self.__dict__.get("session")
            if session is not None:
                session.close()
            if context.instance is not None and context.run is not None and not self.home.as_of:
                self._alert(context.instance, context.run.run_id)

    def _alert(self, instance: dg.DagsterInstance, run_id: str) -> None:
        """Tells of sources that fail now, of the run's own failure, and of what is over."""
        outcomes = [Outcome.read(self.home.statuses, dataset) for dataset in self.catalogue]
        problems = {outcome.dataset: outcome.problems for outcome in outcomes if outcome and outcome.failed}
        logged = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
        failed = reasons((entry.dagster_event for entry in logged if entry.dagster_event), self.home.root)
        if failed:
            problems[RUN] = failed
        alert(self.home.alerts, problems, say=lambda text: say(None, text))

    @cached_property
    def home(self) -> Home:
        home = Home(Path(self.home_dir).resolve()) if self.home_dir else Home.from_environment()
        return replace(home, as_of=dt.date.fromisoformat(self.as_of)) if self.as_of else home

    @cached_property
    def spec(self) -> OriginSpec:
        return parse(self.origin)

    @cached_property
    def catalogue(self) -> dict[str, Dataset]:
        return load_catalogue(Path(self.catalogue_dir) if self.catalogue_dir else CATALOGUE_DIR)

    @cached_property
    def landing(self) -> Landing:
        return Landing(self.home.landing)

    @cached_property
    def raw(self) -> RawStore:
        return RawStore(self.home.raw)

    @cached_property
    def session(self) -> PoliteSession:
        from sources.http import PUBLISHER_HOSTS, PoliteSession

        return PoliteSession(
            allowed_hosts=frozenset(self.allowed_hosts) or PUBLISHER_HOSTS,
            retries=self.http_retries,
            backoff=self.http_backoff_seconds,
        )

    @cached_property
    def opened_origin(self) -> Origin:
        return open_origin(self.spec, self.landing, self.session if self.spec.name == "live" else None)

    def origin_of(self, dataset: Dataset) -> Origin:
        """The origin of one dataset: the authority's own returns come from their folder, whatever the run's origin.

        Never in a sample run: a build is made of the sample or of everything else.
        """
        if dataset.discover.method == "returns" and not self.is_sample:
            return ReturnsOrigin(self.home.returns)
        return self.opened_origin

    @cached_property
    def runner(self) -> Runner:
        from expectations.runner import Runner

        return Runner()

    @cached_property
    def ingest(self) -> Ingest:
        return Ingest(self.landing, self.raw, lambda: self.runner)

    @property
    def is_sample(self) -> bool:
        """A build is made of the sample or of everything else, never of both."""
        if self.spec.name != "landed":
            return self.spec.name == "sample"
        return not self.landing.releases(sample=False)

    @property
    def origin_kind(self) -> str:
        """sample, live, mirror or landed; a build from a landed sample is one of the sample."""
        return "sample" if self.is_sample else self.spec.name

    def releases(self, datasets: Collection[str] | None = None) -> dict[str, list[Release]]:
        """Releases this build is made of, by dataset; those of some datasets, or of all."""
        from orchestration.transform import build_releases

        wanted = self.catalogue if datasets is None else {name: self.catalogue[name] for name in datasets}
        return build_releases(self.landing, self.raw, wanted, sample=self.is_sample, as_of=self.home.as_of)

    def refused_checks(self) -> list[dict[str, Any]]:
        """Checks that releases failed which the last run refused, as rows of `mart_quality`; none as of a day."""
        outcomes = [] if self.home.as_of else [Outcome.read(self.home.statuses, name) for name in self.catalogue]
        return [check for outcome in outcomes if outcome is not None for check in outcome.refused]

    def refused_for_drift(self) -> list[dict[str, Any]]:
        """Ledger rows of releases refused for their form; none in a build as of a day, which only looks back."""
        return [] if self.home.as_of else self.landing.refused_for_drift(sample=self.is_sample)


@contextmanager
def _scratch_in(folder: Path) -> Iterator[None]:
    """Temporary files lie in `folder`, emptied before and after: what a killed run left there may be records."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def history() -> Iterator[dg.DagsterInstance]:
    """Dagster's instance for a run of this process.

    In PostgreSQL its connections stay open: one for each of the thousands of events would take a minute of a run. None
    is used for longer than a minute, for a server that was started again has closed it.
    """
    with dg.DagsterInstance.get() as instance:
        instance.optimize_for_webserver(statement_timeout=600_000, pool_recycle=60, max_overflow=20)
        yield instance


def end_abandoned_runs(instance: dg.DagsterInstance, run_id: str | None = None) -> None:
    """Marks runs as failed that history still calls started: `run_id` holds the run lock, so their process is gone.

    Left as they are they would fill the run queue of the UI, which starts one run at a time.
    """
    statuses = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    for run in instance.get_runs(dg.RunsFilter(statuses=statuses)):
        if run.run_id != run_id:
            instance.report_run_failed(run, "the process of this run ended without a word; its lock was free")


def forget_old_runs(instance: dg.DagsterInstance, storage: Path, *, older_than: dt.timedelta = HISTORY) -> None:
    """Removes runs from the history, and what they logged, once they are older: a night leaves megabytes."""
    before = dt.datetime.now(dt.UTC) - older_than
    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    for record in instance.get_run_records(dg.RunsFilter(statuses=ended, created_before=before)):
        run_id = record.dagster_run.run_id
        instance.delete_run(run_id)
        shutil.rmtree(storage / run_id, ignore_errors=True)
