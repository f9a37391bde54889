"""The recipes of docs/bi as they stand there: every SQL and every Python block runs on the mart of the sample."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import duckdb
import pytest

from orchestration.home import PROJECT_ROOT, Home
from tests.clients.environments import ENVIRONMENTS, skip_without

pytestmark = [pytest.mark.clients, pytest.mark.end_to_end]

PAGES = sorted((PROJECT_ROOT / "docs" / "bi").glob("*.md"))
LCR = "E47000004"


def blocks(language: str) -> list[tuple[str, str]]:
    """(page, text) of every block of that language."""
    fence = re.compile(rf"^```{language}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [(page.name, text) for page in PAGES for text in fence.findall(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_links_of_a_page_lead_somewhere(page: str) -> None:
    text = (PROJECT_ROOT / "docs" / "bi" / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (PROJECT_ROOT / "docs" / "bi" / target).is_file(), target


def test_sql_of_the_recipes_gives_rows(sample_home: Home) -> None:
    found = blocks("sql")
    assert len(found) > 4
    with duckdb.connect(sample_home.mart, read_only=True) as con:
        for page, text in found:
            assert con.execute(text).fetchall(), (page, text)


def test_recipe_for_sums_and_rates_gives_the_row_of_the_combined_authority(sample_home: Home) -> None:
    (recipe,) = (text for _, text in blocks("sql") if "is_additive,\n" in text)
    with duckdb.connect(sample_home.mart, read_only=True) as con:
        computed = {indicator: value for indicator, _, value in con.execute(recipe).fetchall()}
        served = dict(
            con.execute(
                "select indicator_id, value from mart.mart_indicator_series "
                "where area_code = ? and breakdown = 'total' and time_period = '2024-01-01/P1Y' "
                "and indicator_id in ('business_births', 'business_birth_rate')",
                [LCR],
            ).fetchall()
        )
    assert computed == pytest.approx(served)
    assert len(served) == 2


def test_python_of_the_recipes_runs(sample_home: Home, tmp_path: Path) -> None:
    skip_without("frames")
    (tmp_path / "data").symlink_to(sample_home.root, target_is_directory=True)
    found = blocks("python")
    assert len(found) == 4
    for page, text in found:
        command = [str(ENVIRONMENTS / "frames" / "bin" / "python"), "-c", text]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), page
        assert done.stdout.strip(), page
