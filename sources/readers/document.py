"""One JSON document from disk, whole: within its limit, and of text that can be written down again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sources import limits


class Unreadable(Exception):
    """The bytes are not the document they should be."""


def load(path: Path) -> Any:
    """The JSON value in a file. Unreadable where it is none, is too large or too deep, or holds no Unicode text."""
    size = path.stat().st_size
    if size > limits.JSON_BYTES:
        raise Unreadable(f"{size:,} bytes of JSON, more than {limits.JSON_BYTES:,}")
    content = path.read_bytes()
    try:
        text = content.decode(json.detect_encoding(content))  # strictly, as json.loads does not
        value = json.loads(text)
        if "\\u" in text:  # half of a surrogate pair is valid JSON, and no text
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise Unreadable("JSON nested too deep") from None
    except ValueError as error:
        raise Unreadable(f"no JSON: {error}") from None
    return value
