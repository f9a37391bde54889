"""Lock files pin every package to a version and its hashes, and name no registry. Part of `make lint`."""

from __future__ import annotations

import json
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


def problems_of_npm(name: str, text: str) -> Iterator[str]:
    """The same for a `package-lock.json`."""
    for path, entry in json.loads(text)["packages"].items():
        if path and not str(entry.get("integrity", "")).startswith("sha512-"):
            yield f"{name}: {path} has no hash"
        if "resolved" in entry:
            yield f"{name}: expected no address, found {path} with {entry['resolved']}"


def main(paths: list[str]) -> int:
    found = []
    for path in paths:
        of_kind = problems_of_npm if path.endswith(".json") else problems
        found += of_kind(path, Path(path).read_text(encoding="utf-8"))
    sys.stdout.write("".join(f"{problem}\n" for problem in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
