"""What an error may tell: no secrets of an address, and nothing that a terminal would act on."""

from __future__ import annotations

import pytest

from sources.errors import ContractError, SourceError, mask_secrets
from sources.returns import ReturnError

WHO = {"publisher": "p", "dataset": "d"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://a/b?uid=0x1f&date=latest", "https://a/b?uid=***&date=latest"),
        ("https://a/b?se=2026&sig=abc%3D)", "https://a/b?se=2026&sig=***)"),
        (
            "https://a/b?X-Amz-Credential=AKIA%2F2026&X-Amz-Signature=ff",
            "https://a/b?X-Amz-Credential=***&X-Amz-Signature=***",
        ),
        ("https://clerk:hunter2@proxy:8080/", "https://***@proxy:8080/"),
        (
            "?api_key=1&access_token=2&apikey=3&key=4&password=5",
            "?api_key=***&access_token=***&apikey=***&key=***&password=***",
        ),
        ("https://a/b?geography=E08000012&design=1&keyword=2", "https://a/b?geography=E08000012&design=1&keyword=2"),
    ],
)
def test_secrets_of_an_address_are_masked_and_nothing_else(text: str, told: str) -> None:
    assert mask_secrets(text) == told


def test_control_characters_of_a_publisher_are_not_told() -> None:
    evil = "a\x1b]0;owned\x07\x9b2J\r\u202etxt.exe"
    errors = [
        SourceError(where=evil, expected=evil, found=evil, action=evil, **WHO),
        ContractError(where="w", failed_checks=[evil], **WHO),
        ReturnError([evil]),
    ]
    for error in errors:
        assert [c for c in str(error) if c in "\x1b\x07\x9b\r\u202e"] == []
        assert "owned" in str(error)
    assert "a\nb" in str(ReturnError(["a\nb"]))
