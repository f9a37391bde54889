"""One module per publisher: what it offers now (`discover`) and how its bytes are fetched (`fetch`).

A publisher's module has

    discover(dataset, session) -> list[Candidate]     newest release of every part; NothingFoundError if none.
                                                      A part that is not to be found may stand there as its error
    fetch(dataset, candidate, session, folder, validators) -> tuple[PayloadFile, ...] | None

and may have

    probe_urls(dataset, candidate, session) -> list[str]    least requests whose replies begin as the data do; raises
                                                            what `fetch` would. Without it: the candidate's address

`fetch` writes into `folder`; None means that the publisher answered "not modified". Most publishers use
`download` below as their `fetch`, and for a file at one address `discover_url` as their `discover`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import unquote, urlsplit

from sources.catalogue import Dataset, DiscoverUrl
from sources.errors import SourceError
from sources.http import PoliteSession
from sources.release import Candidate, PayloadFile

# url -> (ETag, Last-Modified) of the payload last accepted from there
Validators = Callable[[str], tuple[str | None, str | None]]


class Publisher(Protocol):
    def discover(self, dataset: Dataset, session: PoliteSession) -> Sequence[Candidate | SourceError]: ...

    def fetch(
        self,
        dataset: Dataset,
        candidate: Candidate,
        session: PoliteSession,
        folder: Path,
        validators: Validators,
    ) -> tuple[PayloadFile, ...] | None: ...


def publisher_of(dataset: Dataset) -> Publisher:
    """The module of the dataset's publisher."""
    return cast(Publisher, import_module(f"sources.publishers.{dataset.publisher}"))


def probe_urls(dataset: Dataset, candidate: Candidate, session: PoliteSession) -> list[str]:
    """Addresses whose beginnings tell what `fetch` would get. SourceError where it would get nothing."""
    own = getattr(publisher_of(dataset), "probe_urls", None)
    return list(own(dataset, candidate, session)) if own else [candidate.url]


def discover_url(dataset: Dataset, session: PoliteSession) -> list[Candidate]:
    """The one address of a file that is replaced in place. Nothing is asked: `fetch` finds out whether it changed."""
    del session
    how = dataset.discover
    if not isinstance(how, DiscoverUrl):
        raise TypeError(f"{dataset.dataset} is not found at one address but by {how.method}")
    return [
        Candidate(
            dataset=dataset.dataset,
            part="",
            title=dataset.title,
            url=how.url,
            file_name=unquote(urlsplit(how.url).path).rsplit("/", 1)[-1],
            dated_by_last_modified=True,
        )
    ]


def download(
    dataset: Dataset,
    candidate: Candidate,
    session: PoliteSession,
    folder: Path,
    validators: Validators,
    account: tuple[str, str] | None = None,
) -> tuple[PayloadFile, ...] | None:
    """One conditional GET of `candidate.url` into `folder`, with the `account` (name, password) if any. None on 304."""
    etag, last_modified = validators(candidate.url)
    target = folder / candidate.file_name
    response = session.download(
        candidate.url,
        to=target,
        etag=etag,
        last_modified=last_modified,
        publisher=dataset.publisher,
        dataset=dataset.dataset,
        account=account,
    )
    if response.status == 304:  # noqa: PLR2004
        return None
    return (
        PayloadFile(
            name=candidate.file_name,
            path=target,
            url=candidate.url,
            etag=response.etag,
            last_modified=response.last_modified,
            media_type=response.media_type,
        ),
    )
