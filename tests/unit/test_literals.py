"""What is written into a statement comes back as it was, and asking in this way loads nothing heavy."""

from __future__ import annotations

import datetime as dt

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from orchestration.ask import answer
from sources.literals import listed, quoted
from tests.programs import python

# DuckDB's statements are UTF-8 without NUL.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(text=TEXT, texts=st.lists(st.none() | TEXT))
def test_text_comes_back_as_it_was(text: str, texts: list[str | None]) -> None:
    with duckdb.connect() as con:
        assert con.execute(f"select {quoted(text)}, {listed(texts)}").fetchall() == [(text, texts)]
        assert answer(con, "select $text as one, $texts as many", {"text": text, "texts": texts}) == [
            {"one": text, "many": texts}
        ]


def test_lists_are_of_the_type_that_is_asked_for() -> None:
    day, moment = dt.date(2026, 1, 31), dt.datetime(2026, 1, 31, 12, 30, 0, 5)
    expected = {"date": [day, None], "timestamp": [moment], "boolean": [True, False], "bigint": [3]}
    with duckdb.connect() as con:
        for kind, values in expected.items():
            assert con.execute(f"select {listed(values, kind)}").fetchall() == [(values,)]
        assert con.execute(f"select unnest({listed([])})").fetchall() == []


def test_a_question_with_values_loads_nothing_heavy() -> None:
    script = (
        "import sys, duckdb; from orchestration.ask import answer\n"
        "query, values = 'select $table as area where 1 = len($list)', {'table': 'x', 'list': ['y']}\n"
        "print(answer(duckdb.connect(), query, values), {'pandas', 'numpy', 'pyarrow'} & sys.modules.keys())"
    )
    assert python(script).stdout.strip() == "[{'area': 'x'}] set()"
