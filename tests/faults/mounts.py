"""Whether a process may be given mounts of its own, as root or not: a small disk or a read-only one that is real."""

from __future__ import annotations

import subprocess
from functools import cache


@cache
def own_mounts() -> list[str]:
    """Command that gives another one a mount namespace; empty where this machine does not let us make one."""
    command = ["unshare", "--map-root-user", "--mount"]
    try:
        may = subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        may = False
    return command if may else []
