"""The errors of `sources`: one clear line each, naming publisher, dataset, place, expected and found.

A caller that wants to go on with the other datasets catches `SourceError`. `NetworkError` is the one kind
that may pass by itself if the run is repeated. Secrets in addresses never survive into an error, nor do control
characters of a publisher's text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_SECRET_PARAMETER = re.compile(
    r"\b((?:[\w-]*[-_])?(?:uid|sig|signature|token|credential|api_?key|key|auth|pwd|password|secret))(=|%3D)[^&#\s'\"<>)]+",
    re.IGNORECASE,
)
LATER = "The last good release stays; run again later."  # what to do about what may pass by itself
_USER_IN_ADDRESS = re.compile(r"(://)[^/\s?#]+@")


# A terminal acts on the first, and shows text after the others in another order.
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def tellable(text: str) -> str:
    """The text as it may be told: secrets hidden, and no control characters, which a publisher's text may hold."""
    return _CONTROL.sub("\ufffd", mask_secrets(text))


def mask_secrets(text: str) -> str:
    """The text with the values of secret parameters (`uid=`, `signature=`, …) and `user:password@` hidden."""
    return _USER_IN_ADDRESS.sub(r"\1***@", _SECRET_PARAMETER.sub(r"\1\2***", text))


class SourceError(Exception):
    """Something about one dataset of one publisher is not as expected, and what to do about it.

    `where` is the address or file; `expected`, `found` are clauses; `action` is a whole sentence.
    """

    def __init__(self, *, publisher: str, dataset: str, where: str, expected: str, found: str, action: str) -> None:
        self.publisher = publisher
        self.dataset = dataset
        self.where = tellable(where)
        self.expected = tellable(expected)
        self.found = tellable(found)
        self.action = tellable(action)
        super().__init__(str(self))

    def __str__(self) -> str:
        return (
            f"{self.publisher} / {self.dataset}: expected {self.expected}; "
            f"found {self.found} in {self.where}. {self.action}"
        )


class NetworkError(SourceError):
    """The network or the publisher's server failed, after the session's own retries: may pass by itself."""


class PayloadError(SourceError):
    """The bytes are not what they should be: empty, HTML, truncated, binary, too large."""


class ContractError(SourceError):
    """The payload can be read but breaks the landing contract; `failed_checks` has one line for each.

    `results`: the same checks as rows of `mart_quality`.
    """

    def __init__(
        self,
        *,
        publisher: str,
        dataset: str,
        where: str,
        failed_checks: Sequence[str],
        results: Sequence[Mapping[str, Any]] = (),
        expected: str = "a payload that meets its landing contract",
        action: str = "Nothing was landed from it: compare the payload with the dataset's catalogue entry.",
    ) -> None:
        if not failed_checks:
            raise ValueError("a ContractError needs at least one failed check")
        self.results = tuple(results)
        self.failed_checks = tuple(tellable(check) for check in failed_checks)
        noun = "check" if len(self.failed_checks) == 1 else "checks"
        super().__init__(
            publisher=publisher,
            dataset=dataset,
            where=where,
            expected=expected,
            found=f"{len(self.failed_checks)} failed {noun} ({'; '.join(self.failed_checks)})",
            action=action,
        )


class NothingFoundError(SourceError):
    """Discovery found no release, or the mirror does not hold the dataset."""


class AccountMissingError(SourceError):
    """The publisher gives the dataset to account holders, and no account is set: no failure, nothing was asked."""
