"""What a person looks at before the first live run: this machine, this warehouse, and every publisher.

Each check is a function that returns rows and never raises for what it finds. Nothing is landed and nothing is written
to the home: of a publisher's newest file only the beginning is read, and judged by the payload gate.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import platform
import re
import shutil
import ssl
import textwrap
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from orchestration.home import PROJECT_ROOT, Home
from sources.catalogue import Dataset
from sources.errors import SourceError, tellable

if TYPE_CHECKING:
    from orchestration.ingest import Outcome
    from sources.http import PoliteSession
    from sources.landing import Landing
    from sources.release import Candidate

Status = Literal["ok", "warn", "fail", "skipped"]
GOOD, FAILED, DEGRADED = 0, 1, 3

GB = 10**9
LITTLE_SPACE, NO_SPACE = 5 * GB, 1 * GB
OLD = dt.timedelta(days=2)  # of a mart that is made every night
PINNED = ("duckdb", "dbt-core", "dbt-duckdb", "dagster", "great-expectations")
PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

# Optional keys, by publisher: environment variable, what it gives, what is so without it.
OPTIONAL_KEYS = {
    "nomis": (
        "NOMIS_UID",
        "requests are made as a registered user, for whom Nomis says that it limits no reply",
        "requests are made as a guest, which is enough: a reply of 25,000 cells at a time. "
        "An account is free of charge at https://www.nomisweb.co.uk/",
    )
}
# Ways of discovery that leave it to the fetch of every file to find out whether it is there.
KNOWN_ADDRESSES = frozenset({"url", "urls", "files", "fingertips", "ckan"})
LONGEST_TITLE, LONGEST_ADDRESS = 100, 200  # in a row
LONGEST_TOLD = 120  # while it goes on
_ACCOUNT = re.compile(r"(?:(?<=://)|^)(?!\w+://).*@")  # in a proxy's address, whose scheme may be left out
_WIDTH = 110
_COLOURS: dict[Status, str] = {"ok": "green", "warn": "yellow", "fail": "red", "skipped": "cyan"}


@dataclass(frozen=True)
class Row:
    """What one check of one subject found. `do` says what to do, '' where there is nothing to be done."""

    subject: str  # machine, warehouse, a publisher or a dataset
    check: str
    status: Status
    found: str
    do: str = ""


def as_dicts(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows for JSON: subject, check, status, found, do."""
    return [asdict(row) for row in rows]


def exit_code(rows: Iterable[Row]) -> int:
    """1 when something failed, 3 when there are only warnings, else 0."""
    statuses = {row.status for row in rows}
    return FAILED if "fail" in statuses else DEGRADED if "warn" in statuses else GOOD


# --- this machine ----------------------------------------------------------------------------------------


def machine(home: Home, project: Path = PROJECT_ROOT) -> list[Row]:
    """Space and rights in the home folder, other runs, versions, proxy and TLS settings."""
    return [
        _space(home),
        _writable(home),
        _lock(home),
        *_versions(project / "pyproject.toml"),
        _proxy(),
        _bundle(),
        _contact(),
        _alerts(),
    ]


def _space(home: Home) -> Row:
    folder = _existing(home.root)
    free = shutil.disk_usage(folder).free
    status: Status = "fail" if free < NO_SPACE else "warn" if free < LITTLE_SPACE else "ok"
    do = "" if status == "ok" else f"Free some space, or let OUTCOMES_HOME name another disk: {LITTLE_SPACE // GB} GB."
    return Row("machine", "disk", status, f"{free / GB:,.1f} GB free in {folder}", do)


def _writable(home: Home) -> Row:
    folder = _existing(home.root)
    if not folder.is_dir():
        return Row("machine", "home", "fail", f"{folder} is no folder", "Let OUTCOMES_HOME name a folder.")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        do = "Give this user the folder, or let OUTCOMES_HOME name another one."
        return Row("machine", "home", "fail", f"{folder} cannot be written to", do)
    found = f"{home.root} is writable" if folder == home.root else f"{home.root} can be made"
    return Row("machine", "home", "ok", found)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))


def _lock(home: Home) -> Row:
    try:
        holder = home.lock_holder()
    except OSError as error:
        return Row("machine", "lock", "fail", f"the lock cannot be read ({error})", "Give this user the home folder.")
    if holder is None:
        return Row("machine", "lock", "ok", "no other run is writing")
    return Row("machine", "lock", "warn", f"a run is writing (process {holder})", "Wait for it; it is no harm.")


def _versions(project: Path) -> Iterator[Row]:
    """Python and the packages that a build depends on, as against what the project pins."""
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    try:
        wanted = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    except OSError as error:
        yield Row("machine", "versions", "skipped", f"what is wanted cannot be read: {error}")
        return
    python, found = SpecifierSet(wanted["requires-python"]), platform.python_version()
    yield _version("python", found, python, right=python.contains(found, prereleases=True))
    for requirement in map(Requirement, wanted["dependencies"]):
        if requirement.name in PINNED:
            installed = _installed(requirement.name)
            right = installed is not None and requirement.specifier.contains(installed, prereleases=True)
            yield _version(requirement.name, installed, requirement.specifier, right=right)


def _version(name: str, installed: str | None, wanted: object, *, right: bool) -> Row:
    if right:
        return Row("machine", name, "ok", str(installed))
    do = "Make the environment again from the lock file: make .venv/run.stamp"
    if installed is None:
        return Row("machine", name, "fail", f"not installed, wanted {wanted}", do)
    return Row("machine", name, "fail" if name == "python" else "warn", f"{installed}, wanted {wanted}", do)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _proxy() -> Row:
    named = [f"{name}={_ACCOUNT.sub('***@', os.environ[name])}" for name in PROXIES if os.environ.get(name)]
    return Row("machine", "proxy", "ok", ", ".join(named) or "none in the environment: publishers are asked directly")


def _bundle() -> Row:
    for name in BUNDLES:
        path = os.environ.get(name)
        if path and (wrong := _no_certificates(Path(path))):
            do = f"Let {name} name the file of certificates that this network uses, or unset it."
            return Row("machine", "tls", "fail", f"{name} names {path}, {wrong}", do)
        if path:  # the first that is set is the one that is used
            return Row("machine", "tls", "ok", f"certificates of {path} ({name})")
    return Row("machine", "tls", "ok", "the usual certificate authorities")


def _no_certificates(bundle: Path) -> str:
    """What is wrong with a file or folder of trusted certificates; '' where nothing is."""
    if not bundle.exists():
        return "which is not there"
    try:
        if bundle.is_file():
            ssl.create_default_context(cafile=bundle)
    except OSError as error:
        return f"which holds no certificates that can be read ({_line(str(error))})"
    return ""


def _contact() -> Row:
    if os.environ.get("OUTCOMES_CONTACT"):
        return Row("machine", "contact", "ok", "the user agent names OUTCOMES_CONTACT to publishers")
    found = "OUTCOMES_CONTACT is not set: publishers cannot tell whom to write to (optional)"
    return Row("machine", "contact", "skipped", found, "Set it to an address or page of your team.")


def _alerts() -> Row:
    from orchestration.alerts import FILE, STYLE, WEBHOOK, wrong_setting

    told = [name for name in (WEBHOOK, FILE) if os.environ.get(name)]
    if not told:
        do = f"Set {WEBHOOK} or {FILE} to be told of new problems."
        return Row("machine", "alerts", "skipped", "nobody is told of a new problem (optional)", do)
    if wrong := wrong_setting():
        return Row("machine", "alerts", "fail", wrong, f"Correct {WEBHOOK} or {STYLE}: no message can be sent.")
    return Row("machine", "alerts", "ok", f"{' and '.join(told)} set; nothing was sent now")


# --- this warehouse --------------------------------------------------------------------------------------


def warehouse(home: Home, datasets: Iterable[Dataset], now: dt.datetime | None = None) -> list[Row]:
    """The published mart, the last run and what it could not refresh, the landing zone. Reads only."""
    from orchestration.ingest import Outcome

    outcomes: list[Outcome] = []
    unreadable: list[Row] = []
    for dataset in datasets:
        try:
            outcomes += filter(None, [Outcome.read(home.statuses, dataset.dataset)])
        except (OSError, ValueError, TypeError) as error:
            found = f"its result cannot be read: {error}"
            unreadable.append(Row(dataset.dataset, "last run", "warn", found, "The next run writes it again."))
    return [
        *_published(home, outcomes, now or dt.datetime.now(dt.UTC)),
        *unreadable,
        *_refreshed(outcomes),
        _ledger(home),
    ]


def _published(home: Home, outcomes: list[Outcome], now: dt.datetime) -> Iterator[Row]:
    """The mart that is served, and whether the last run has published it."""
    import duckdb

    if not home.mart.is_file():
        yield Row("warehouse", "mart", "skipped", f"nothing is published in {home.published}", "Run `outcomes run`.")
        return
    try:
        with duckdb.connect(home.mart, read_only=True) as con:
            query = "select build_id, built_from, finished_at from mart.build"
            build_id, built_from, finished_at = con.execute(query).fetchone() or ("unknown", "unknown", None)
    except duckdb.Error as error:
        do = "Publish an earlier build again with `outcomes rollback`, or build with `outcomes run --from landed`."
        yield Row("warehouse", "mart", "fail", f"{home.mart} cannot be read: {_line(str(error))}", do)
        return
    finished = _utc(finished_at)
    age = now - finished if finished else None
    found = f"build {build_id} from {built_from}, {f'{age / dt.timedelta(days=1):.1f} days old' if age else 'undated'}"
    if age and age > OLD:
        yield Row("warehouse", "mart", "warn", found, "If it is made every night, look why it was not.")
    else:
        yield Row("warehouse", "mart", "ok", found)
    yield _last_run(home, outcomes, finished)


def _last_run(home: Home, outcomes: list[Outcome], published: dt.datetime | None) -> Row:
    """Datasets are ingested before a build is published: results younger than the mart are of a run without one."""
    ended = [outcome.finished_at for outcome in outcomes if outcome.finished_at]
    if not ended:
        return Row("warehouse", "last run", "skipped", f"no results of a run in {home.statuses}")
    last = _utc(dt.datetime.fromisoformat(max(ended)))
    if last is None or published is None or last <= published:
        return Row(
            "warehouse", "last run", "ok", f"ingest ended {max(ended)[:16]}, the mart is its build or a later one"
        )
    found = f"ingest ended {max(ended)[:16]}, after the published build: it goes on, has failed, or was rolled back"
    return Row("warehouse", "last run", "warn", found, f"See {home.build / 'run.log'}, or the runs in `outcomes ui`.")


def _utc(moment: dt.datetime | None) -> dt.datetime | None:
    if moment is None:
        return None
    return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _refreshed(outcomes: list[Outcome]) -> Iterator[Row]:
    """Every dataset that the last run could not refresh, and how many it could."""
    for outcome in outcomes:
        if outcome.failed or outcome.status == "stale":
            yield Row(outcome.dataset, "last run", "warn", f"{outcome.status}: {_line(outcome.message)}")
    if outcomes:
        counts = Counter(outcome.status for outcome in outcomes)
        missing = [o.dataset for o in outcomes if o.status == "missing" and not o.failed]
        found = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
        names = f" (nothing landed: {', '.join(missing)})" if missing else ""
        yield Row("warehouse", "datasets", "warn" if missing else "ok", f"{found}{names}")


def _ledger(home: Home) -> Row:
    """The ledger can be read, and the bytes of every release in it are there."""
    from sources.landing import Landing

    landing = Landing(home.landing)
    if not landing.ledger_path.exists():
        return Row("warehouse", "landing", "skipped", f"nothing has landed in {home.landing}")
    try:
        rows, lost = landing.rows(), _lost(landing)
    except (OSError, ValueError, KeyError, TypeError) as error:
        found = f"{landing.ledger_path} cannot be read: {type(error).__name__}: {error}"
        return Row("warehouse", "landing", "fail", found, "Restore the landing zone from its backup.")
    if lost:
        found = f"{len(lost)} landed files are lost, among them {lost[0]}"
        return Row("warehouse", "landing", "fail", found, "Restore the landing zone from its backup.")
    last = f", the last one {str(rows[-1].get('recorded_at'))[:16]}" if rows else ""
    return Row("warehouse", "landing", "ok", f"{len(rows):,} fetches in the ledger{last}; all landed bytes are there")


def _lost(landing: Landing) -> list[str]:
    releases = [*landing.releases(sample=False), *landing.releases(sample=True)]
    paths = {file.path for release in releases for file in release.files}
    return sorted(path for path in paths if not landing.path(path).is_file())


# --- publishers ------------------------------------------------------------------------------------------


def open_session() -> PoliteSession:
    """A session that gives up sooner than that of a run, and is silent about retries: somebody is waiting."""
    from sources.http import PoliteSession

    logging.getLogger("sources.http").addHandler(logging.NullHandler())
    return PoliteSession(retries=1, backoff=0.5, timeout=(5.0, 30.0), max_seconds=60.0, max_retry_after=10.0)


def publishers(datasets: Sequence[Dataset], session: PoliteSession, tell: Callable[[str], None]) -> Iterator[Row]:
    """Rows of every dataset in its order; `tell` is called with one line for each. No error stops the others."""
    keys = set()
    for number, dataset in enumerate(datasets, 1):
        if dataset.publisher in OPTIONAL_KEYS and dataset.publisher not in keys:
            keys.add(dataset.publisher)
            yield _optional_key(dataset.publisher)
        rows = _dataset(dataset, session)
        said = next((row for row in rows if row.status in ("fail", "warn", "skipped")), rows[-1])
        found = textwrap.shorten(said.found, LONGEST_TOLD, placeholder="…")
        tell(f"[{number}/{len(datasets)}] {dataset.dataset}: {said.status}, {found}")
        yield from rows


def _optional_key(publisher: str) -> Row:
    name, gives, without = OPTIONAL_KEYS[publisher]
    if os.environ.get(name, "").strip():
        return Row(publisher, "key", "ok", f"{name} is set: {gives}")
    return Row(publisher, "key", "skipped", f"{name} is not set (optional)", f"Without it {without}.")


def _dataset(dataset: Dataset, session: PoliteSession) -> list[Row]:
    if dataset.discover.method == "returns":
        found = "handed in through the returns folder, no publisher is asked (`outcomes returns check`)"
        return [Row(dataset.dataset, "release", "skipped", found)]
    absent = [name for name in dataset.credentials if not os.environ.get(name)]
    if absent:
        found = f"no account: {' and '.join(absent)} not set, nothing was asked"
        return [Row(dataset.dataset, "account", "skipped", found, f"Optional: {_line(dataset.credentials_from)}")]
    account = [Row(dataset.dataset, "account", "ok", f"{' and '.join(dataset.credentials)} set")]
    return [*(account if dataset.credentials else []), *_asked(dataset, session)]


def _asked(dataset: Dataset, session: PoliteSession) -> Iterator[Row]:
    """The newest release and how its file begins, or the errors on the way."""
    from sources.publishers import publisher_of

    try:
        found = list(publisher_of(dataset).discover(dataset, session))
    except Exception as error:
        yield _trouble(dataset, "release", error)
        return
    yield from (_trouble(dataset, "release", error) for error in found if isinstance(error, SourceError))
    candidates = [candidate for candidate in found if not isinstance(candidate, SourceError)]
    if not candidates:
        return
    yield _release(dataset, candidates)
    yield from _formats(dataset, candidates, session)


def _newest(candidates: list[Candidate]) -> Candidate:
    """The one with the latest date, the first of equals."""
    return max(candidates, key=lambda candidate: candidate.published_at or dt.date.min)


def _release(dataset: Dataset, candidates: list[Candidate]) -> Row:
    newest = _newest(candidates)
    day = newest.published_at or ("dated by its file" if newest.dated_by_last_modified else "undated")
    others = f" (the newest of {len(candidates)})" if len(candidates) > 1 else ""
    title = textwrap.shorten(newest.title, LONGEST_TITLE, placeholder="…")
    return Row(dataset.dataset, "release", "ok", f"{tellable(title)}, {day}, {_address(newest.url)}{others}")


def _formats(dataset: Dataset, candidates: list[Candidate], session: PoliteSession) -> Iterator[Row]:
    """How the newest file begins; of files whose addresses are only known by heart, every one."""
    probed = candidates if dataset.discover.method in KNOWN_ADDRESSES else [_newest(candidates)]
    begun: list[tuple[str, int]] = []
    for candidate in probed:
        try:
            begun += _beginnings(dataset, candidate, session)
        except Exception as error:
            yield _trouble(dataset, "format", error)
    if begun:
        kind, size = begun[0][0], sum(size for _, size in begun)
        times = f", {len(begun)} times" if len(begun) > 1 else ""
        yield Row(dataset.dataset, "format", "ok", f"begins as {kind}{times} ({size:,} bytes were read)")


def _beginnings(dataset: Dataset, candidate: Candidate, session: PoliteSession) -> Iterator[tuple[str, int]]:
    """What each file of a candidate begins as, and how many bytes of it were read. Raises SourceError."""
    from orchestration.ingest import media_of
    from sources.gate import check_beginning
    from sources.http import BEGINNING_BYTES
    from sources.publishers import probe_urls

    who = {"publisher": dataset.publisher, "dataset": dataset.dataset}
    media = media_of(dataset, candidate.file_name)
    for url in probe_urls(dataset, candidate, session):
        reply = session.beginning(url, account=_account(dataset), **who)
        whole = reply.size < BEGINNING_BYTES
        yield check_beginning(reply.content, media=media, where=reply.url, whole=whole, **who), reply.size


def _account(dataset: Dataset) -> tuple[str, str] | None:
    if not dataset.credentials:
        return None
    user, password = (os.environ[name] for name in dataset.credentials)
    return user, password


def _trouble(dataset: Dataset, check: str, error: Exception) -> Row:
    """An error as a row. Those of `sources` say themselves what is wrong: TLS, a proxy, DNS, a time-out, a status."""
    if isinstance(error, SourceError):
        found = f"{_line(error.found)} at {_address(error.where)} (expected {_line(error.expected)})"
        return Row(dataset.dataset, check, "fail", found, error.action)
    found = _line(tellable(f"unexpected {type(error).__name__}: {error}"))
    do = "If no row about this machine explains it, it is a defect of the warehouse: report it."
    return Row(dataset.dataset, check, "fail", found, do)


def _address(url: str) -> str:
    """The address with secrets masked; cut where it lists hundreds of codes."""
    masked = tellable(url)
    return f"{masked[:LONGEST_ADDRESS]}…" if len(masked) > LONGEST_ADDRESS else masked


def _line(text: str) -> str:
    return " ".join(text.split())


# --- at the terminal -------------------------------------------------------------------------------------


def render(rows: Sequence[Row]) -> Iterator[str]:
    """A paragraph for each row, what to do below it, and the counts at the end."""
    for row in rows:
        status = click.style(f"{row.status:<8}", fg=_COLOURS[row.status], bold=row.status == "fail")
        yield f"{status}{row.subject}, {row.check}: {row.found}"
        if row.do:
            yield from textwrap.wrap(
                row.do, _WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8, break_long_words=False
            )
    counts = Counter(row.status for row in rows)
    yield ""
    yield ", ".join(f"{counts[status]} {status}" for status in _COLOURS)
