"""Network Rail: the SCHEDULE feed for holders of an account, whose name and password are in the environment.

The publisher answers with a redirect to a presigned address, which is asked without the account (`PoliteSession`).
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from sources.catalogue import Dataset
from sources.http import PoliteSession
from sources.publishers import Validators, discover_url, download
from sources.release import Candidate, PayloadFile

FILE_NAME = "toc-full.json.gz"  # the address names no file


def discover(dataset: Dataset, session: PoliteSession) -> list[Candidate]:
    """The one address of the full daily extract. Nothing is asked."""
    return [replace(candidate, file_name=FILE_NAME) for candidate in discover_url(dataset, session)]


def fetch(
    dataset: Dataset,
    candidate: Candidate,
    session: PoliteSession,
    folder: Path,
    validators: Validators,
) -> tuple[PayloadFile, ...] | None:
    """The extract, asked for with the account; None when it has not changed."""
    user, password = (os.environ[name] for name in dataset.credentials)
    return download(dataset, candidate, session, folder, validators, account=(user, password))
