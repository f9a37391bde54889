"""GOV.UK through its Content API: the file that a statistics page offers now. Shared by departments.

A page that is updated in place, or a collection whose newest release page is chosen by the date in its slug
(`public_updated_at` moves when an old edition is corrected); releases in no collection are found by search. Media
addresses change at every release and every correction: they are read from the page, never built. Parts of a dataset
are not known here: one file each.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit
from zoneinfo import ZoneInfo

from sources.catalogue import Dataset, DiscoverGovuk
from sources.errors import NothingFoundError, PayloadError
from sources.http import PoliteSession
from sources.publishers import download as fetch
from sources.release import Candidate

__all__ = ["discover", "fetch"]

LONDON = ZoneInfo("Europe/London")
SEARCH_RESULTS = 100  # of a search, newest first

CONTENT_TYPES = {
    "csv": frozenset({"text/csv", "application/csv"}),
    "xlsx": frozenset({"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}),
    "ods": frozenset({"application/vnd.oasis.opendocument.spreadsheet"}),
    "zip": frozenset({"application/zip"}),
    "json": frozenset({"application/json"}),
}

# Pages without an attachment list link their files in HTML; older ones under the second address.
_LINK = re.compile(r"<a\b[^>]*?\bhref=\"([^\"]+)\"[^>]*>(.*?)</a>", re.IGNORECASE | re.DOTALL)
_MEDIA_PATH = re.compile(r"/(media/[0-9a-f]{24}|government/uploads)/[^/].*[^/]$")

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if number}


@dataclass(frozen=True)
class Attachment:
    """A file that a page offers."""

    url: str
    title: str
    file_name: str
    content_type: str  # '' where the page does not say

    def is_media(self, media: str) -> bool:
        """By content type where there is one, else by the name's ending."""
        if self.content_type in CONTENT_TYPES[media]:
            return True
        return not self.content_type and self.file_name.lower().endswith(f".{media}")


def discover(dataset: Dataset, session: PoliteSession) -> list[Candidate]:
    """The newest file of each part. NothingFoundError where no release page or no fitting file is found."""
    how = dataset.discover
    if not isinstance(how, DiscoverGovuk):
        raise TypeError(f"{dataset.dataset} is not found through GOV.UK but by {how.method}")
    path = how.page or _newest_release(dataset, how, session)
    page = _content(dataset, how, session, path)
    where = urljoin(how.base_url, path)
    return [
        Candidate(
            dataset=dataset.dataset,
            part=dataset.part_of(attachment.file_name),
            title=attachment.title or str(page.get("title", "")) or dataset.title,
            url=attachment.url,
            file_name=attachment.file_name,
            published_at=_published_at(page),
        )
        for attachment in _choose(dataset, how, list(_attachments(page, how.base_url)), where)
    ]


def _content(dataset: Dataset, how: DiscoverGovuk, session: PoliteSession, path: str) -> dict[str, Any]:
    url = f"{how.base_url}/api/content{path}"
    content = session.get_json(url, publisher=dataset.publisher, dataset=dataset.dataset)
    if not isinstance(content, dict) or not isinstance(content.get("details"), dict):
        raise PayloadError(
            publisher=dataset.publisher,
            dataset=dataset.dataset,
            where=url,
            expected="a content item with `details`",
            found=f"{_schema(content)} without it",
            action=_look_at(dataset),
        )
    return content


def _schema(content: Any) -> str:
    if isinstance(content, dict):
        return f"an item of schema {content.get('schema_name', 'unknown')!r}"
    return f"a JSON {type(content).__name__}"


# --- release page ----------------------------------------------------------------------------------------


def _newest_release(dataset: Dataset, how: DiscoverGovuk, session: PoliteSession) -> str:
    """Path of the newest release page, of those in the collection or those found by search."""
    if how.search:
        where, documents = f"{how.base_url}/api/search.json", _found_by_search(dataset, how, session)
    else:
        where = urljoin(how.base_url, str(how.collection))
        links = _content(dataset, how, session, str(how.collection)).get("links") or {}
        documents = links.get("documents") or []
    wanted = how.release or r"(?P<year>\d{4})"
    dated = [
        (_edition(found), str(document.get("public_updated_at") or ""), str(document["base_path"]))
        for document in documents
        if (found := re.search(wanted, str(document.get("base_path", ""))))
    ]
    if not dated:
        paths = [str(document.get("base_path")) for document in documents]
        raise _nothing(
            dataset,
            where=where,
            expected=f"a release page matching {wanted!r}",
            found=_listed(paths, "documents"),
        )
    return max(dated)[2]


def _found_by_search(dataset: Dataset, how: DiscoverGovuk, session: PoliteSession) -> list[dict[str, str]]:
    """Pages that the site's search finds, newest first, in the form of a collection's documents."""
    url = f"{how.base_url}/api/search.json"
    params: dict[str, str | int] = {"q": str(how.search), "order": "-public_timestamp", "count": SEARCH_RESULTS}
    reply = session.get_json(url, params=params, publisher=dataset.publisher, dataset=dataset.dataset)
    results = reply.get("results") if isinstance(reply, dict) else None
    return [
        {"base_path": str(item.get("link", "")), "public_updated_at": str(item.get("public_timestamp", ""))}
        for item in results or []
    ]


def _edition(found: re.Match[str]) -> tuple[int, int]:
    """(year, month) of a slug, month 0 where the slug has none."""
    groups = found.groupdict()
    return int(groups.get("year") or 0), _MONTHS.get(str(groups.get("month") or "").lower(), 0)


def _published_at(page: dict[str, Any]) -> dt.date | None:
    """Day, in London, on which what the page offers was last published."""
    details = page["details"]
    for stamp in (
        page.get("public_updated_at"),
        details.get("first_public_at"),
        page.get("first_published_at"),
    ):
        if stamp:
            return dt.datetime.fromisoformat(str(stamp)).astimezone(LONDON).date()
    return None


# --- file on the page ------------------------------------------------------------------------------------


def _attachments(page: dict[str, Any], base_url: str) -> Iterator[Attachment]:
    """Files in the page's attachment list; where there is none, files that its HTML links to."""
    details = page["details"]
    listed = [item for item in details.get("attachments") or [] if item.get("attachment_type", "file") == "file"]
    for item in listed:
        url = urljoin(base_url, str(item["url"]))
        yield Attachment(
            url=url,
            title=str(item.get("title") or ""),
            file_name=str(item.get("filename") or _file_name(url)),
            content_type=str(item.get("content_type") or ""),
        )
    if not listed:
        yield from _linked(details, base_url)


def _linked(details: dict[str, Any], base_url: str) -> Iterator[Attachment]:
    """Each file is often linked twice, by a picture and by its title: the link with a text says more."""
    html = "\n".join([str(details.get("body") or ""), *map(str, details.get("documents") or [])])
    titles: dict[str, str] = {}
    for href, inner in _LINK.findall(html):
        url = urljoin(base_url, unescape(href))
        if _MEDIA_PATH.search(urlsplit(url).path):
            text = " ".join(unescape(re.sub(r"<[^>]+>", " ", inner)).split())
            titles[url] = titles.get(url) or text
    for url, title in titles.items():
        yield Attachment(url, title, _file_name(url), content_type="")


def _file_name(url: str) -> str:
    return unquote(urlsplit(url).path).rsplit("/", 1)[-1]


def _choose(dataset: Dataset, how: DiscoverGovuk, offered: list[Attachment], where: str) -> list[Attachment]:
    """For each part the attachment of the right kind whose name, or else title, fits; of several the newest year's."""
    of_kind = [attachment for attachment in offered if attachment.is_media(dataset.media)]
    fitting = [item for item in of_kind if re.search(how.attachment, item.file_name)] or [
        item for item in of_kind if re.search(how.attachment, item.title)
    ]
    if not fitting:
        raise _nothing(
            dataset,
            where=where,
            expected=f"a {dataset.media} attachment matching {how.attachment!r}",
            found=_listed([attachment.file_name for attachment in offered], "files"),
        )
    parts = sorted({dataset.part_of(attachment.file_name) for attachment in fitting})
    # Of equals the first.
    return [
        max((item for item in fitting if dataset.part_of(item.file_name) == part), key=_last_year) for part in parts
    ]


def _last_year(attachment: Attachment) -> int:
    """Last year that the file's name or title mentions: 2024 for '2005-24-…', '2014_-_2024'."""
    years = [int(year) for year in re.findall(r"(?<!\d)20\d{2}(?!\d)", f"{attachment.file_name} {attachment.title}")]
    years += [2000 + int(year) for year in re.findall(r"(?<!\d)20\d{2}-(\d{2})(?!\d)", attachment.file_name)]
    return max(years, default=0)


def _listed(names: list[str], what: str) -> str:
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")  # noqa: PLR2004
    return f"{len(names)} {what} ({shown})" if names else f"no {what}"


def _nothing(dataset: Dataset, *, where: str, expected: str, found: str) -> NothingFoundError:
    return NothingFoundError(
        publisher=dataset.publisher,
        dataset=dataset.dataset,
        where=where,
        expected=expected,
        found=found,
        action=_look_at(dataset),
    )


def _look_at(dataset: Dataset) -> str:
    return (
        f"The last good release stays; look at {dataset.landing_page} and correct `discover` in "
        f"sources/catalogue/{dataset.publisher}/{dataset.dataset}.yml."
    )
