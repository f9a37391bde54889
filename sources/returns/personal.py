"""Traces of persons in what is handed in. The warehouse keeps none: figures are answered for by a team or office.

The checks are made to refuse too much rather than too little; the message says what to write instead.
"""

from __future__ import annotations

import re

# Words that name a team, a role or an organisation; one of them must be in `submitted_by`.
OFFICE_WORD = re.compile(
    r"\b(analysis|analysts?|analytics|authority|business|charity|climate|combined|commerce|council|culture|data|"
    r"delivery|department|desk|development|digital|directorate|division|economy|employment|energy|enquiries|"
    r"ferries|finance|group|health|housing|info|information|infrastructure|insight|intelligence|investment|"
    r"manager|mersey|merseytravel|monitoring|observatory|office|officer|operations|partnership|performance|"
    r"planning|policy|portfolio|programmes?|projects|regeneration|reporting|research|retrofit|returns|services?|"
    r"skills|statistics|stats|strategy|support|team|transport|travel|unit)\b"
)
EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(\.[\w-]+)*")
MAX_OFFICE = 80
TRACES = (
    (EMAIL, "an e-mail address"),
    (re.compile(r"(?<![\d,.])(\+44|0)[\d ()-]{8,}\d"), "a telephone number"),
    (re.compile(r"\b(Mr|Mrs|Ms|Miss|Mx|Dr|Cllr|Councillor|Prof)\b\.? [A-Z]"), "a person's title and name"),
    (re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"), "a postcode"),
)


def personal_trace(text: str) -> str:
    """What in the text points to a person ('an e-mail address'); '' where nothing does."""
    return next((what for pattern, what in TRACES if pattern.search(text)), "")


def looks_like_an_office(text: str) -> bool:
    """A team, a role or a shared mailbox, as against a person's name or address."""
    if not text or len(text) > MAX_OFFICE or not text[0].isalnum():
        return False
    mailbox = EMAIL.fullmatch(text)
    if mailbox is None and personal_trace(text):
        return False
    said = text.partition("@")[0] if mailbox else text
    return OFFICE_WORD.search(re.sub(r"[^a-z]+", " ", said.casefold())) is not None
