"""What SECURITY.md promises that no single behaviour shows: every place of one kind, and the page itself."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration import alerts
from orchestration.home import PROJECT_ROOT
from sources.gate import ArchiveLimits
from sources.http import IN_MEMORY_BYTES, MAX_REDIRECTS, PUBLISHER_HOSTS, PoliteSession
from sources.returns import submission

PAGE = (PROJECT_ROOT / "SECURITY.md").read_text(encoding="utf-8")

CODE = ("sources", "expectations", "orchestration", "benchmarks", ".ci")
# Files that open the build database to write, or a database in memory; never a published one.
WRITERS = {
    "expectations/pieces.py": "",
    "orchestration/data_versions.py": "build_db",
    "orchestration/transform.py": "home.build_db",
    "orchestration/publish.py": "",
    "orchestration/diff.py": "",
    "orchestration/lake/store.py": "",
    "orchestration/spark/warehouse.py": "home.build_db",
    "sources/readers/json_sql.py": "':memory:'",
    "benchmarks/__main__.py": "home.build_db",
    "benchmarks/floor.py": "target",
    "benchmarks/dlt_pipeline.py": "target",
    "benchmarks/growth.py": "home.build / 'typed.duckdb'",
    "benchmarks/comparing.py": "",
    "benchmarks/publishers_files.py": "",
}


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of `name` (`duckdb.connect`) in the product, with its file."""
    for path in (path for folder in CODE for path in sorted((PROJECT_ROOT / folder).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
                yield str(path.relative_to(PROJECT_ROOT)), node


def test_every_database_that_exists_is_opened_read_only_but_the_build() -> None:
    found = list(calls("duckdb.connect"))
    assert len(found) > 8
    for path, call in found:
        if any(keyword.arg == "read_only" and ast.unparse(keyword.value) == "True" for keyword in call.keywords):
            continue
        opened = ast.unparse(call.args[0]) if call.args else ""
        assert opened == WRITERS.get(path), (path, call.lineno)


def test_a_database_is_attached_read_only_but_what_is_made_there() -> None:
    """The new file of a publish; of the lake, whose writers share it, the lake and the build that it is handed."""
    attached = {
        (file, text)
        for file, call in calls("con.execute")
        if "attach " in (text := ast.unparse(call.args[0])) and "(read_only)" not in text
    }
    files = [file for file, _ in attached]
    assert sorted(files) == [
        f"orchestration/{name}.py" for name in ("lake/refresh", "lake/refresh", "lake/store", "publish")
    ]
    assert [text for file, text in attached if file.endswith("publish.py") and "storage_version" not in text] == []


@pytest.mark.parametrize("name", re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", PAGE))
def test_every_test_that_the_security_page_names_is_there(name: str) -> None:
    file, _, function = name.partition("::")
    text = Path(PROJECT_ROOT, file).read_text(encoding="utf-8")
    assert not function or f"def {function}(" in text


def test_numbers_of_the_security_page_are_those_of_the_code() -> None:
    download = inspect.signature(PoliteSession.__init__).parameters
    archive = ArchiveLimits()
    told = [
        f"{download['max_bytes'].default:,} bytes for a download, {IN_MEMORY_BYTES:,} for a reply in memory",
        f"{download['max_seconds'].default:,.0f} s for a body",
        f"{archive.unpacked_bytes >> 30} GiB unpacked and {archive.members:,} members",
        f"{archive.depth} levels, no member of {archive.ratio_applies_from_bytes >> 20} MiB or more that unfolds more "
        f"than {archive.ratio}-fold; gzip: {archive.gzip_bytes >> 30} GiB",
        f"the {len(PUBLISHER_HOSTS)} hosts",
        f"(at most {MAX_REDIRECTS})",
        f"{submission.MAX_BYTES >> 20} MiB, {submission.MAX_ROWS:,} rows and {submission.MAX_TEXT} characters",
        f"at most {alerts.TIMEOUT_SECONDS} s without an answer",
    ]
    page = " ".join(PAGE.split())
    assert [text for text in told if text not in page] == []
