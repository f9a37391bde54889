"""What a spreadsheet would run: text cells of every CSV and workbook that the product writes go through `harmless`.

Numbers stay numbers. What publishers and officers wrote must never become a formula on somebody's desk.
"""

from __future__ import annotations

# With the full-width forms, which some locales read as the plain ones, and what is skipped before a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

# The same as a pattern of DuckDB's, where the text stays in the database.
FORMULA_PATTERN = r"^[\t-\r\x1c-\x1f\x{85}\p{Z}]*[-=+@－＝＋＠]|^[\t\r\n]"


def runs_as_formula(text: str) -> bool:
    """Whether a spreadsheet may take the text for a formula, blanks before it notwithstanding."""
    return text.startswith(FORMULA_STARTS) or text.strip().startswith(FORMULA_STARTS)


def harmless(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if runs_as_formula(text) else text
