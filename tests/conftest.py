"""Shared fixtures: where the real published files are, and a quiet environment for every test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT_ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def published_dir() -> Path:
    """Folder of real published files; the test skips with a message where it is absent."""
    folder = Path(os.environ.get("OUTCOMES_PUBLISHED_DIR", PROJECT_ROOT.parent / "shared" / "published"))
    if not (folder / "mirror.yml").is_file():
        pytest.skip(f"real published files are not here: {folder} (set OUTCOMES_PUBLISHED_DIR)")
    return folder
