"""Programs that a test has Python run in a process of its own, such as to see what they load."""

from __future__ import annotations

import subprocess
import sys

from orchestration.home import PROJECT_ROOT


def python(program: str) -> subprocess.CompletedProcess[str]:
    """A program run to its end in the project's folder; what it said and how it ended."""
    return subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
