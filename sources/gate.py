"""The payload gate: are these bytes the kind of file they should be, whole and safe to open?

Runs before anything is landed. It does not look at columns or values; that is the landing contract's work.
"""

from __future__ import annotations

import gzip
import json
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import IO, Any, Literal, Never

from sources import limits as most
from sources.disk import is_disk_trouble
from sources.errors import PayloadError
from sources.extent import Extent, TooFarError, is_xml
from sources.limits import ArchiveLimits

Media = Literal["csv", "xlsx", "ods", "zip", "json", "parquet", "gz"]

_CHUNK = 1 << 20
_SPOOL_IN_MEMORY = 32 << 20
_HEAD = 4096
_QUOTED = 60
_ENCRYPTED = 0x1
_NAMES = {
    "csv": "a CSV file",
    "xlsx": "an Excel workbook (.xlsx)",
    "ods": "an OpenDocument spreadsheet (.ods)",
    "zip": "a zip archive",
    "json": "a JSON document",
    "parquet": "a Parquet file",
    "gz": "a gzip file",
}
_PARQUET = b"PAR1"
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_SIGNATURES = {"xlsx": _ZIP, "ods": _ZIP, "zip": _ZIP, "parquet": _PARQUET, "gz": _GZIP}
_ZIPS = (_ZIP, b"PK\x05\x06")  # the second is a zip without members
_LOCAL_HEADER = 30  # bytes before a member's name and content, at least
_NAME_SHOWN = 200
_WORKBOOK_MEMBERS = {"[Content_Types].xml", "mimetype"}
_FIRST_MEMBER = 30  # where the name of an archive's first member begins
# Members without which a workbook is only a zip archive.
_REQUIRED_MEMBERS = {"xlsx": ("[Content_Types].xml",), "ods": ("mimetype", "content.xml"), "zip": ()}
_MAGIC = {
    b"PK\x03\x04": "a zip archive or workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls) or a workbook with a password",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
_ACTION = (
    "Nothing was landed and the last good release stays: open the address in a browser; "
    "if the file is good there, save it and use --from mirror:DIR."
)


@dataclass(frozen=True)
class _Payload:
    """Whose bytes are looked at, to say so when they are wrong."""

    expected: str
    publisher: str
    dataset: str
    where: str

    def refuse(self, found: str, expected: str = "") -> Never:
        raise PayloadError(
            publisher=self.publisher,
            dataset=self.dataset,
            where=self.where,
            expected=expected or self.expected,
            found=found,
            action=_ACTION,
        ) from None


def check_payload(
    path: Path,
    *,
    media: Media,
    publisher: str,
    dataset: str,
    where: str,
    limits: ArchiveLimits | None = None,
) -> None:
    """Raise `PayloadError` unless the file at `path` is a whole, safe file of the kind `media`."""
    payload = _Payload(_NAMES[media], publisher, dataset, where)
    with path.open("rb") as body:
        _refuse_error_page(payload, body.read(_HEAD))
        body.seek(0)
        if media == "json":
            _check_json(payload, body)
        elif media == "csv":
            _check_text(payload, body)
        elif media == "parquet":
            _check_parquet(payload, body)
        elif media == "gz":
            _check_gzip(payload, body, limits or ArchiveLimits())
        else:
            _check_archive(payload, body, media, limits or ArchiveLimits())


def check_beginning(head: bytes, *, media: Media, publisher: str, dataset: str, where: str, whole: bool = False) -> str:
    """Raise `PayloadError` unless bytes that begin with `head` may be a file of the kind `media`; returns its name.

    `whole`: there are no more bytes. What only the end of a file tells (truncated, damaged) is not known here.
    """
    payload = _Payload(_NAMES[media], publisher, dataset, where)
    _refuse_error_page(payload, head)
    if media == "json":
        _check_json_beginning(payload, head, whole=whole)
    elif media == "csv":
        _check_text(payload, BytesIO(head))
    elif not head.startswith(_SIGNATURES[media]):
        _refuse_other_bytes(payload, head)
    elif (other := _other_workbook(head, media)) is not None:
        payload.refuse(other)
    return payload.expected


def parse_json(content: bytes, *, publisher: str, dataset: str, where: str) -> Any:
    """The JSON value in `content`; `PayloadError` for HTML, nothing, no JSON, or an `{"error": …}` reply."""
    payload = _Payload(_NAMES["json"], publisher, dataset, where)
    _refuse_error_page(payload, content[:_HEAD])
    return _parse_json(payload, content)


def quote_start(head: bytes) -> str:
    """The first 60 printable characters of `head` in quotation marks, white space collapsed."""
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="ignore")
    printable = "".join(c if c.isprintable() else " " for c in text)
    collapsed = " ".join(printable.split())
    return f"“{collapsed[:_QUOTED]}{'…' if len(collapsed) > _QUOTED else ''}”"


def _refuse_error_page(payload: _Payload, head: bytes) -> None:
    """Refuse what publishers send in place of a file: nothing, a web page, XML, or a line `Error: …`."""
    if not head:
        payload.refuse("0 bytes")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not start:
        payload.refuse("nothing but white space")
    if start.startswith((b"<!doctype html", b"<html")):
        payload.refuse(f"an HTML page starting {quote_start(head)}")
    if start.startswith(b"<"):
        payload.refuse(f"HTML or XML starting {quote_start(head)}")
    if start.startswith(b"error:"):
        payload.refuse(f"an error message, {quote_start(head)},")


def _check_json(payload: _Payload, body: IO[bytes]) -> None:
    size = body.seek(0, 2)
    if size > most.JSON_BYTES:
        payload.refuse(f"{size:,} bytes", expected=f"{payload.expected} of at most {most.JSON_BYTES:,} bytes")
    body.seek(0)
    _parse_json(payload, body.read())


def _parse_json(payload: _Payload, content: bytes) -> Any:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as problem:
        payload.refuse(f"no valid JSON ({problem}) starting {quote_start(content[:_HEAD])}")
    # ArcGIS and Nomis report errors in a reply whose HTTP status is 200.
    if isinstance(value, dict) and "error" in value:
        payload.refuse(f"an error reply, {quote_start(json.dumps(value['error']).encode())},")
    return value


def _check_json_beginning(payload: _Payload, head: bytes, *, whole: bool) -> None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if whole:
        _parse_json(payload, head)
    elif start.startswith(b'{"error"'):
        payload.refuse(f"an error reply starting {quote_start(head)}")
    elif not start.startswith((b"{", b"[")):
        payload.refuse(f"no JSON object or list but text starting {quote_start(head)}")


def _other_workbook(head: bytes, media: Media) -> str | None:
    """What an archive is that begins as another kind of workbook; None where its first member does not tell."""
    first = head[_FIRST_MEMBER:]
    if media != "ods" and first.startswith(b"mimetypeapplication/vnd.oasis.opendocument"):
        return _NAMES["ods"]
    if media != "xlsx" and first.startswith(b"[Content_Types].xml"):
        return _NAMES["xlsx"]
    return None


def _check_text(payload: _Payload, body: IO[bytes]) -> None:
    """Refuse binary files, and JSON, under the name of CSV."""
    head = body.read(_HEAD)
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            payload.refuse(f"{name} starting {quote_start(head)}")
    if head.lstrip().startswith(b'{"'):
        payload.refuse(f"JSON starting {quote_start(head)}")
    body.seek(0)
    if any(b"\0" in chunk for chunk in _chunks(body)):
        payload.refuse(f"binary data (NUL bytes) starting {quote_start(head)}")


def _check_parquet(payload: _Payload, body: IO[bytes]) -> None:
    """A Parquet file begins and ends with the same four bytes; what is cut off lacks the last ones."""
    head = body.read(_HEAD)
    if not head.startswith(_PARQUET):
        payload.refuse(f"other bytes starting {quote_start(head)}")
    size = body.seek(0, 2)
    body.seek(max(size - len(_PARQUET), len(_PARQUET)))
    if body.read() != _PARQUET:
        payload.refuse(f"a truncated Parquet file ({size:,} bytes, no footer at its end)")


def _check_gzip(payload: _Payload, body: IO[bytes], limits: ArchiveLimits) -> None:
    """Unpacks once, keeping nothing: the checksum at its end tells whether the file is whole."""
    head = body.read(_HEAD)
    if not head.startswith(_GZIP):
        payload.refuse(f"other bytes starting {quote_start(head)}")
    packed = body.seek(0, 2)
    body.seek(0)
    unpacked = 0
    try:
        with gzip.open(body) as content:
            for chunk in _chunks(content):
                unpacked += len(chunk)
                if unpacked > limits.gzip_bytes:
                    payload.refuse(
                        "more bytes when unpacked",
                        expected=f"a gzip file of at most {limits.gzip_bytes:,} bytes unpacked",
                    )
                if unpacked > max(limits.ratio_applies_from_bytes, limits.ratio * packed):
                    payload.refuse(f"a gzip file that unpacks more than {limits.ratio}-fold (a gzip bomb?)")
    except (EOFError, OSError, zlib.error) as problem:
        payload.refuse(f"a damaged or truncated gzip file ({problem})")


def _check_archive(payload: _Payload, body: IO[bytes], media: Media, limits: ArchiveLimits) -> None:
    head = body.read(_HEAD)
    if not zipfile.is_zipfile(body):
        if head.startswith(b"PK\x03\x04"):
            size = body.seek(0, 2)
            payload.refuse(f"a truncated archive ({size:,} bytes, no central directory at its end)")
        _refuse_other_bytes(payload, head)
    _ArchiveCheck(payload, limits).check(body, _REQUIRED_MEMBERS[media])


def _refuse_other_bytes(payload: _Payload, head: bytes) -> Never:
    name = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "other bytes")
    payload.refuse(f"{name} starting {quote_start(head)}")


class _ArchiveCheck:
    """Reads every member once (its CRC is verified on the way), nested zips too, within one budget.

    A workbook is a zip as well, also inside another; its XML is looked at on the way.
    """

    def __init__(self, payload: _Payload, limits: ArchiveLimits) -> None:
        self._payload = payload
        self._limits = limits
        self._members = 0
        self._unpacked = 0

    def check(self, body: IO[bytes], required: tuple[str, ...] = (), depth: int = 1, inside: str = "") -> None:
        if depth > self._limits.depth:
            self._payload.refuse(f"archives nested deeper than {self._limits.depth} levels ({_shown(inside)})")
        member = ""
        try:
            with zipfile.ZipFile(body) as archive:
                members = archive.infolist()
                is_workbook = not _WORKBOOK_MEMBERS.isdisjoint(archive.namelist())
                self._check_directory(members, required, inside, is_workbook=is_workbook)
                for info in members:
                    member = f"{inside}{info.filename}"
                    self._read_member(archive, info, member, depth, is_workbook=is_workbook)
        except TooFarError as problem:
            self._payload.refuse(f"{problem} ({_shown(member)})", expected=self._sheets())
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError) as problem:
            if is_disk_trouble(problem):  # a nested archive is copied: no publisher is to blame for a full disk
                raise
            archived = f" ({_shown(inside.removesuffix('!'))})" if inside else ""
            at = f" at member {_shown(member)}" if member else archived
            self._payload.refuse(f"a damaged or truncated archive{at} ({_shown(str(problem))})")
        except NotImplementedError as problem:
            self._payload.refuse(f"an archive that cannot be unpacked at member {_shown(member)} ({problem})")

    def _sheets(self) -> str:
        return f"{self._payload.expected} with sheets of at most {most.SHEET_CELLS:,} cells, without document types"

    def _check_directory(
        self, members: list[zipfile.ZipInfo], required: tuple[str, ...], inside: str, *, is_workbook: bool
    ) -> None:
        """What the central directory alone tells, before a byte is unpacked."""
        self._members += len(members)
        if self._members > self._limits.members:
            self._payload.refuse(f"more than {self._limits.members:,} members")
        if not members:
            self._payload.refuse(f"an archive without members{f' ({_shown(inside)})' if inside else ''}")
        names = {info.filename for info in members}
        absent = [name for name in required if name not in names]
        if absent:
            self._payload.refuse(f"a zip archive without {' and '.join(absent)}")
        for info in members:
            self._check_entry(info, f"{inside}{info.filename}")
        self._check_overlaps(members, inside)
        declared = sum(info.file_size for info in members)
        if is_workbook and declared > self._limits.workbook_bytes:
            self._refuse_size(f"{declared:,}", self._limits.workbook_bytes)
        if self._unpacked + declared > self._limits.unpacked_bytes:
            self._refuse_size(f"{self._unpacked + declared:,}", self._limits.unpacked_bytes)

    def _check_entry(self, info: zipfile.ZipInfo, member: str) -> None:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if not info.filename:
            self._payload.refuse(f"a member without a name ({_shown(member)})")
        if len(info.filename) > most.NAME:
            self._payload.refuse(f"a member with a name of {len(info.filename):,} characters ({_shown(member)})")
        if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
            self._payload.refuse(f"a member that points outside the archive ({_shown(member)})")
        if info.flag_bits & _ENCRYPTED:
            self._payload.refuse(f"a member locked with a password ({_shown(member)})")
        ratio = info.file_size / max(info.compress_size, 1)
        if info.file_size >= self._limits.ratio_applies_from_bytes and ratio > self._limits.ratio:
            self._payload.refuse(f"member {_shown(member)} that unpacks {ratio:,.0f}-fold (a zip bomb?)")

    def _check_overlaps(self, members: list[zipfile.ZipInfo], inside: str) -> None:
        """The same packed bytes as many members: small archives that unfold without end are made so."""
        in_order = sorted(members, key=lambda info: info.header_offset)
        for info, follower in pairwise(in_order):
            if info.header_offset + _LOCAL_HEADER + info.compress_size > follower.header_offset:
                self._payload.refuse(f"members that overlap (a zip bomb?, {_shown(inside + follower.filename)})")

    def _read_member(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, member: str, depth: int, *, is_workbook: bool
    ) -> None:
        with archive.open(info) as body, tempfile.SpooledTemporaryFile(_SPOOL_IN_MEMORY) as copy:
            nested, extent, problem = False, None, None
            for at, chunk in enumerate(_chunks(body)):
                if at == 0:
                    # By its bytes: a zip under another name is unpacked as well.
                    nested = chunk.startswith(_ZIPS)
                    extent = Extent() if is_workbook and is_xml(info.filename, chunk) else None
                self._unpacked += len(chunk)
                if self._unpacked > self._limits.unpacked_bytes:
                    self._refuse_size("more", self._limits.unpacked_bytes)
                if nested:
                    copy.write(chunk)
                if extent and not problem:
                    problem = _problem(extent, chunk)
            # Only now: a member that is damaged fails its checksum at its end, and that says more.
            if extent and (problem := problem or _problem(extent, b"", last=True)):
                raise problem
            if nested:
                self.check(copy, depth=depth + 1, inside=f"{member}!")

    def _refuse_size(self, found: str, limit: int) -> Never:
        self._payload.refuse(
            f"{found} bytes when unpacked (a zip bomb?)",
            expected=f"{self._payload.expected} of at most {limit:,} bytes unpacked",
        )


def _problem(extent: Extent, chunk: bytes, *, last: bool = False) -> Exception | None:
    try:
        extent.feed(chunk, last=last)
    except (TooFarError, ValueError) as problem:
        return problem
    return None


def _shown(name: str) -> str:
    """A name as an archive gives it, or what is said of it, short enough for a sentence."""
    return name if len(name) <= _NAME_SHOWN else f"{name[:_NAME_SHOWN]}…"


def _chunks(body: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    while chunk := body.read(_CHUNK):
        yield chunk
