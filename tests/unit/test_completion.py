"""Completion in the shell: what is offered where, and that Tab is silent where there is nothing to offer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from orchestration.cli import main
from orchestration.completion import SHELLS
from orchestration.home import PROJECT_ROOT, Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("OUTCOMES_HOME", str(tmp_path / "home"))
    return Home.from_environment()


@pytest.fixture
def mart(home: Home) -> Home:
    """A published mart of two indicators and two areas, and two kept builds."""
    for build in ("b1", "b2"):
        (home.builds / build).mkdir(parents=True)
    with duckdb.connect(home.mart) as con:
        con.execute("create schema mart")
        con.execute(
            "create table mart.dim_indicator as select * from (values ('births', 'Births'), ('birth_rate', 'Rate'), "
            "('deaths', 'Deaths')) as indicators(indicator_id, indicator_name)"
        )
        con.execute(
            "create table mart.dim_area as select * from (values ('E06000023', 'Bristol, City of'), "
            "('E08000013', 'St Helens'), ('E99999999', 'Nowhere')) as areas(area_code, area_name)"
        )
        con.execute(
            "create table mart.fct_observation as select * from (values ('births', 'E08000013', '2024', 'total'), "
            "('births', 'E06000023', '2023', 'sex=male'), ('deaths', 'E06000023', '1999', 'cause=old age')) "
            "as facts(indicator_id, ref_area, time_period, breakdown)"
        )
        con.execute("create table mart.dim_period as select '2024' as time_period, '2024' as period_label")
    return home


def offered(*words: str) -> list[str]:
    *before, typed = words
    found = ShellComplete(main, {}, "outcomes", "_OUTCOMES_COMPLETE").get_completions(before, typed)
    return [item.value for item in found]


@pytest.mark.usefixtures("mart")
@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["tra"], ["trace"]),
        (["trace", "BIRTH"], ["birth_rate", "births"]),
        (["show", "de"], ["deaths"]),
        (["trace", "births", "e08"], ["E08000013"]),
        (["trace", "births", "St "], ["St Helens"]),
        (["trace", "births", "No"], []),  # no figure is of it
        (["trace", "births", "St Helens", ""], ["2024", "2023"]),
        (["show", "births", "--area", "Bri"], ["Bristol, City of"]),
        (["show", "births", "--breakdown", "s"], ["sex=male"]),
        (["rollback", ""], ["b2", "b1"]),
        (["diff", ""], ["published", "b2", "b1"]),
        (["doctor", "--dataset", "ons_explore"], ["ons_explore_local_statistics"]),
        (["run", "--from", ""], ["sample", "live", "mirror:", "landed"]),
        (["returns", "template", "foot"], ["footfall"]),
        (["completion", ""], list(SHELLS)),
    ],
)
def test_offers(words: list[str], values: list[str]) -> None:
    assert offered(*words) == values


@pytest.mark.parametrize("mart_file", [None, b"no database"])
def test_nothing_is_offered_where_there_is_no_mart(home: Home, mart_file: bytes | None) -> None:
    if mart_file is not None:
        home.published.mkdir(parents=True)
        home.mart.write_bytes(mart_file)
    for words in (["trace", ""], ["trace", "births", ""], ["show", "x", "--breakdown", ""], ["rollback", ""]):
        assert offered(*words) == []


@pytest.mark.parametrize("shell", SHELLS)
def test_script_of_every_shell_asks_the_command_back(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert "_OUTCOMES_COMPLETE" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("line", "values"),
    [("outcomes trace birth", ["birth_rate", "births"]), ("outcomes trace births st", [r"St\ Helens"])],
)
def test_bash_completes(mart: Home, line: str, values: list[str]) -> None:
    """Bash reads the script and completes a line as Tab would; it has no prompt here."""
    words = line.split()
    typed = " ".join(f"'{word}'" for word in words)
    asked = (
        f"source <(outcomes completion bash); COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; "
        'COMPREPLY=(); _outcomes_completion outcomes 2>&1; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", asked],
        cwd=PROJECT_ROOT,
        env=os.environ
        | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "OUTCOMES_HOME": str(mart.root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == values
