"""Where `make clients` puts the environments of the clients."""

from __future__ import annotations

import shutil

import pytest

from orchestration.home import PROJECT_ROOT

ENVIRONMENTS = PROJECT_ROOT / ".venv" / "clients"


def skip_without(name: str) -> None:
    """Skips the test where that environment has not been made."""
    if not (ENVIRONMENTS / f"{name}.stamp").is_file() or (name == "node" and not shutil.which("node")):
        pytest.skip(f"no environment {name}: make clients")
