"""When dbt is given the manifest that was parsed before, and when it parses the project itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration import dbt_process
from orchestration.dbt_process import project_hash


@pytest.mark.parametrize(
    ("arguments", "taken"),
    [
        (["--no-use-colors", "build", "--exclude", "a b"], True),
        (["test", "--select", "test_type:unit"], True),
        (["parse"], False),
        (["build", "--target", "spark"], False),
        (["build", "--target=spark"], False),
        (["build", "--project-dir", "another"], False),
        (["build", "--vars", "{}"], False),
    ],
)
def test_stored_manifest_is_taken_where_dbt_would_come_to_the_same(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], taken: bool
) -> None:
    monkeypatch.setattr(dbt_process, "_is_parsed", lambda: True)
    monkeypatch.delenv("DBT_TARGET", raising=False)
    assert dbt_process.takes_stored_manifest(arguments) == taken
    monkeypatch.setenv("DBT_TARGET", "spark")
    assert not dbt_process.takes_stored_manifest(arguments)


def test_manifest_of_another_state_of_the_project_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed, parsed_of = tmp_path / "parsed.msgpack", tmp_path / "parsed.source_hash"
    monkeypatch.setattr(dbt_process, "_PARSED", parsed)
    monkeypatch.setattr(dbt_process, "_PARSED_OF", parsed_of)
    monkeypatch.delenv("DBT_TARGET", raising=False)
    assert not dbt_process.takes_stored_manifest(["build"])
    parsed.touch()
    parsed_of.write_text(project_hash())
    assert dbt_process.takes_stored_manifest(["build"])
    parsed_of.write_text("another")
    assert not dbt_process.takes_stored_manifest(["build"])
