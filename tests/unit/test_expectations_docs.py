"""Data Docs open without a network and show what failed; Great Expectations stays quiet and in its place."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from expectations import data_docs
from expectations.model import Rule, Suite, as_number
from expectations.runner import Runner
from tests.programs import python

FETCHED = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "embed": "src",
    "object": "data",
}


class Resources(HTMLParser):
    """What a browser would fetch by itself, and the links it offers."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        if FETCHED.get(tag) in given:
            self.fetched.append(given[FETCHED[tag]] or "")
        if tag == "a":
            self.links.append(given.get("href") or "")


def resources(page: Path) -> Resources:
    parser = Resources()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser


SUITE = Suite(
    "ofcom_fixed_coverage__premises",
    (
        Rule("expect_table_row_count_to_be_between", {"min_value": 2}, "error", "row_count_in_band"),
        Rule(
            "expect_column_distinct_values_to_contain_set",
            {"column": "laua", "value_set": ["E08000012", "E06000006"]},
            "error",
            "areas_present",
        ),
        Rule(
            "expect_column_values_to_be_between",
            {"column": as_number("all_premises"), "min_value": 1},
            "warn",
            "all_premises_in_range",
        ),
        Rule(
            "expect_column_values_to_match_regex",
            {"column": "laua", "regex": r"^E\d{8}$"},
            "error",
            "laua_matches",
        ),
        Rule("expect_column_values_to_not_be_null", {"column": "gone"}, "error", "gone_filled"),
    ),
)


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


def document(runner: Runner, laua: tuple[str, ...], release: str = "r1") -> dict[str, Any]:
    frame = pd.DataFrame({"laua": laua, "all_premises": "10", "gone": "x"})
    if release == "broken":
        frame = frame.drop(columns="gone").assign(all_premises="0")
    checked = runner.check(
        SUITE,
        frame,
        kind="contract",
        dataset="ofcom_fixed_coverage",
        table_name="premises",
        release_id=release,
    )
    return json.loads(json.dumps(checked.document))


@pytest.fixture(scope="module")
def site(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    documents = [
        document(runner, ("E08000012", "E06000006"), "ofcom_fixed_coverage:-:2026-05-01:0123456789ab"),
        document(runner, ("E08000013", "<script>alert(1)</script>"), "broken"),
    ]
    return Runner().build_docs(documents, tmp_path_factory.mktemp("docs")).parent


def test_the_index_leads_to_every_page_failures_first(site: Path) -> None:
    index = (site / "index.html").read_text(encoding="utf-8")
    pages = [link for link in resources(site / "index.html").links if link.startswith("validations/")]
    assert len(pages) == 2
    assert all((site / page).is_file() for page in pages)
    assert "broken" in pages[0]
    assert "areas_present: E06000006, E08000012 missing" in index
    assert "6 of 10 checks passed in 2 tables; 3 failed, 1 gave a warning" in index


def test_the_page_of_a_failed_table_says_what_was_expected_and_found(site: Path) -> None:
    page = (site / "validations" / "contract--ofcom_fixed_coverage--premises--broken.html").read_text("utf-8")
    assert "E06000006, E08000012 missing" in page
    assert "all_premises at least 1 where it is a number" in page
    assert "column gone is not there" in page
    assert "distinct values must contain this set" in page  # Great Expectations' own words


def test_no_page_loads_anything(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) == 3
    for page in pages:
        read = resources(page)
        assert read.fetched == []
        assert not [link for link in read.links if "//" in link]
        assert "@import" not in page.read_text("utf-8") and "url(" not in page.read_text("utf-8")


def test_links_between_pages_hold(site: Path) -> None:
    for page in site.rglob("*.html"):
        for link in resources(page).links:
            target = link.split("#")[0]
            assert not target or (page.parent / target).is_file(), (page.name, link)


def test_text_from_a_publisher_is_not_markup(site: Path) -> None:
    page = site / "validations" / "contract--ofcom_fixed_coverage--premises--broken.html"
    assert "script" not in resources(page).tags
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.read_text("utf-8")


def test_text_from_a_publisher_in_an_error_is_not_markup_either(runner: Runner, tmp_path: Path) -> None:
    """A library's error may quote a cell: could not convert string to float: '<img …>'."""
    broken = document(runner, ("E08000012",), "<script>release</script>")
    for outcome in broken["validation"]["results"]:
        said = "could not convert '<img src=x onerror=alert(1)>'"
        outcome["exception_info"] = {"raised_exception": True, "exception_message": said, "exception_traceback": said}
    for page in data_docs.build_docs([broken], tmp_path).parent.rglob("*.html"):
        assert resources(page).tags & {"script", "img"} == set()


def test_a_page_that_would_fetch_is_refused(tmp_path: Path) -> None:
    for tag in (
        '<script src="https://host/x.js">',
        '<link rel=stylesheet href="//host/x.css">',
        "@import 'x'",
    ):
        with pytest.raises(data_docs.RemoteResourceError):
            data_docs._write(tmp_path / "page.html", f"<html>{tag}</html>")
    assert not list(tmp_path.iterdir())


def test_releases_with_names_alike_get_pages_of_their_own(runner: Runner, tmp_path: Path) -> None:
    one = document(runner, ("E08000012",), "a:b")
    two = document(runner, ("E08000012",), "a/b")
    data_docs.build_docs([one, two], tmp_path)
    assert len(list((tmp_path / "validations").iterdir())) == 2


def test_docs_of_nothing_are_an_empty_index(tmp_path: Path) -> None:
    index = data_docs.build_docs([], tmp_path)
    assert "0 of 0 checks passed" in index.read_text("utf-8")


def test_analytics_are_off_and_nothing_is_printed_or_left_behind(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In a process of its own: home, working and temporary folder and output are looked at afterwards.

    Nor is pyspark imported, which says something of every pandas that it is too old for.
    """
    packages = tmp_path_factory.mktemp("packages")
    (packages / "pyspark.py").write_text("print('pyspark is imported')")
    program = """
import os, pandas as pd
from expectations.runner import Runner
from expectations.model import Rule, Suite
runner = Runner()
rule = Rule("expect_column_values_to_be_unique", {"column": "a"}, "error", "unique")
assert runner.check(Suite("s", (rule,)), pd.DataFrame({"a": ["1", "2"]}), kind="contract", dataset="d",
                    table_name="t").passed
assert os.environ["GX_ANALYTICS_ENABLED"] == "False"
assert runner._tables.data_asset.datasource.data_context.config.analytics_enabled is False
"""
    root = Path(__file__).resolve().parents[2]
    env = {
        **os.environ,
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
        "PYTHONPATH": f"{packages}{os.pathsep}{root}",
        "GX_ANALYTICS_ENABLED": "True",
    }
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_importing_the_package_stays_light() -> None:
    program = (
        "import sys;"
        "from expectations import contracts, data_docs, release_gate, runner;"
        "print([name for name in ('great_expectations', 'pandas', 'duckdb') if name in sys.modules])"
    )
    assert python(program).stdout.strip() == "[]"
