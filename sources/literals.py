"""Values in the text of a DuckDB statement.

For a statement with parameters DuckDB imports pandas and pyarrow, to look whether a value is one of theirs: a third of
a second, for which somebody who asks one question waits, and a night on which nothing is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable


def quoted(value: object) -> str:
    """A value as text, such as a name or a path."""
    return "'" + str(value).replace("'", "''") + "'"


def listed(values: Iterable[object], kind: str = "varchar") -> str:
    """A list of a DuckDB type, from anything that JSON can hold, dates and paths by their text; None is null."""
    return f"""from_json({quoted(json.dumps(list(values), default=str))}, '["varchar"]')::{kind}[]"""
