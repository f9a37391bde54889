"""Lock files pin every package to a version and its hashes, and name no registry. Part of `make lint`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

PINNED = re.compile(r"[A-Za-z0-9][\w.-]*(\[[\w,-]+\])?==[\w.!+-]+( ;.*)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def problems(name: str, text: str) -> Iterator[str]:
    """One sentence for each entry of a lock file that is no pinned package with hashes."""
    entry, hashes = "", 0
    for raw in [*text.splitlines(), "end==0"]:
        line = raw.split("#")[0].strip().removesuffix("\\").strip()
        if HASH.fullmatch(line):
            hashes += 1
        elif line:
            if entry and not hashes:
                yield f"{name}: {entry} has no hash"
            entry, hashes = line, 0
            if not PINNED.fullmatch(line):
                yield f"{name}: expected a package pinned with ==, found {line}"


def main(paths: list[str]) -> int:
    found = [problem for path in paths for problem in problems(path, Path(path).read_text(encoding="utf-8"))]
    sys.stdout.write("".join(f"{problem}\n" for problem in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
