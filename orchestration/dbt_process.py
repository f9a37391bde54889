"""dbt as a program of this project: what it is given, and `outcomes-dbt`, which takes dbt's own arguments.

dbt would parse the whole project again for every build database, because the file's path is part of its profile:
seconds for each new home. `outcomes-dbt` takes the manifest that was parsed once, as dbt stores it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from orchestration.dbt_standby import ADDRESS, hand_over
from orchestration.home import DBT_PROJECT_DIR, Home

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

RESULTS = "run_results.json"  # as dbt calls it
RESULTS_ALONE = "--no-write-json"  # here: of all that dbt writes as JSON, only the results, to DBT_TARGET_PATH

_TARGET = DBT_PROJECT_DIR / "target"
_PARTIAL_PARSE = "partial_parse.msgpack"  # as dbt calls it
# Not under dbt's own name: a dbt that somebody runs by hand, for whatever target, writes there.
_PARSED, _PARSED_OF = _TARGET / "parsed.msgpack", _TARGET / "parsed.source_hash"
_OTHER_MANIFEST = {"parse", "--target", "-t", "--vars", "--profile", "--project-dir", "--no-partial-parse"}


class DbtError(RuntimeError):
    """dbt ended with an error; the message holds its last words."""


def dbt_executable() -> str:
    """dbt of this environment, also when the environment is not activated."""
    return str(Path(sys.executable).with_name("outcomes-dbt"))


def dbt_environment(home: Home) -> dict[str, str]:
    return {
        **os.environ,
        "OUTCOMES_BUILD_DB": str(home.build_db),
        "DBT_PROFILES_DIR": str(DBT_PROJECT_DIR),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        "OUTCOMES_AS_OF": str(home.as_of or ""),
        "DBT_LOG_LEVEL_FILE": "warn",  # a debug log of every query would grow by megabytes a night
    }


def call_dbt(home: Home, *arguments: str, target: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """dbt on a warehouse, to its end. `target`: the folder of its results; `variables` of its environment."""
    return subprocess.run(
        [dbt_executable(), *arguments, "--target-path", str(target)],
        env={**dbt_environment(home), **variables},
        cwd=DBT_PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def ensure_manifest(home: Home) -> Path:
    """dbt's manifest, parsed again only when a file of the dbt project has changed. Raises DbtError."""
    manifest = _TARGET / "manifest.json"
    if manifest.is_file() and _is_parsed():
        return manifest
    fingerprint = project_hash()
    home.build.mkdir(parents=True, exist_ok=True)
    _TARGET.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix=".parse-", dir=_TARGET) as folder:  # another process may parse at the same time
        scratch = Path(folder)
        if _PARSED.is_file():
            shutil.copy(_PARSED, scratch / _PARTIAL_PARSE)
        done = call_dbt(home, "--quiet", "parse", target=scratch, **{ADDRESS: ""})  # who stands by is there to build
        if done.returncode != 0:
            raise DbtError(f"dbt parse failed:\n{(done.stdout + done.stderr)[-4000:]}")
        stamp = scratch / _PARSED_OF.name
        stamp.write_text(fingerprint, encoding="utf-8")
        (scratch / manifest.name).replace(manifest)
        (scratch / _PARTIAL_PARSE).replace(_PARSED)
        stamp.replace(_PARSED_OF)
    return manifest


def _is_parsed() -> bool:
    """Whether the stored manifest is of the project as it is now."""
    stored = _PARSED.is_file() and _PARSED_OF.is_file()
    return stored and _PARSED_OF.read_text(encoding="utf-8") == project_hash()


def project_hash() -> str:
    """Hash of all files of the dbt project."""
    digest = hashlib.sha256()
    for path in sorted(DBT_PROJECT_DIR.rglob("*")):
        parts = path.relative_to(DBT_PROJECT_DIR).parts
        if path.is_file() and parts[0] not in ("target", "logs"):
            digest.update("/".join(parts).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def takes_stored_manifest(arguments: Collection[str]) -> bool:
    """Whether the stored manifest is the one that dbt would come to: same project, no other target or variables."""
    asked = {argument.partition("=")[0] for argument in arguments}
    elsewhere = {"DBT_TARGET", "DBT_PROFILE"} & os.environ.keys()
    return not (asked & _OTHER_MANIFEST or elsewhere) and _is_parsed()


@dataclass(frozen=True)
class StoredManifest:
    """The stored manifest in memory, and the state of the project that it is of."""

    manifest: Manifest
    parsed_of: str

    @classmethod
    def load(cls) -> StoredManifest | None:
        """None where the project has changed since it was parsed."""
        from dbt.cli.main import dbtRunner  # noqa: F401 - before the other two, which import it halfway
        from dbt.contracts.graph.manifest import Manifest
        from dbt.parser.manifest import extended_mashumuro_decoder

        if not _is_parsed():
            return None
        manifest = Manifest.from_msgpack(_PARSED.read_bytes(), decoder=extended_mashumuro_decoder)
        manifest.build_flat_graph()  # type: ignore[no-untyped-call]
        return cls(manifest, _PARSED_OF.read_text(encoding="utf-8"))

    @property
    def is_current(self) -> bool:
        return _is_parsed() and _PARSED_OF.read_text(encoding="utf-8") == self.parsed_of


def run_dbt(arguments: Sequence[str], stored: StoredManifest | None = None) -> int:
    """Runs dbt in this process. Exit codes are dbt's: 0 all went well, 1 a node failed, 2 dbt itself did.

    `stored`: where it has been loaded already.
    """
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner

    taken = None
    if takes_stored_manifest(arguments):
        taken = stored if stored and stored.is_current else StoredManifest.load()
    ended = dbtRunner(taken.manifest if taken else None).invoke(list(arguments))
    if ended.exception is not None:
        return 2
    target = os.environ.get("DBT_TARGET_PATH")
    if RESULTS_ALONE in arguments and target and isinstance(ended.result, RunExecutionResult):
        ended.result.write(str(Path(target) / RESULTS))
    return 0 if ended.success else 1


def main() -> int:
    """`outcomes-dbt`: by a dbt that stands by (`orchestration.dbt_standby`), or here."""
    code = hand_over(sys.argv[1:])
    return run_dbt(sys.argv[1:]) if code is None else code
