"""The payload gate: each kind of wrong bytes is refused by name, and real files pass."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sources.errors import PayloadError
from sources.gate import ArchiveLimits, Media, check_beginning, check_payload, parse_json
from sources.origins import SAMPLE_DIR

WHERE = "https://www.example.org/data?uid=0xfeed"
WORKBOOK = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>" * 500}


def archive(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these members."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return packed.getvalue()


def check(tmp_path: Path, content: bytes, media: Media, limits: ArchiveLimits | None = None) -> None:
    path = tmp_path / "payload"
    path.write_bytes(content)
    check_payload(path, media=media, publisher="ofcom", dataset="ofcom_fixed_coverage", where=WHERE, limits=limits)


def refusal(tmp_path: Path, content: bytes, media: Media, limits: ArchiveLimits | None = None) -> PayloadError:
    with pytest.raises(PayloadError) as refused:
        check(tmp_path, content, media, limits)
    return refused.value


@pytest.mark.parametrize(
    ("media", "content"),
    [
        ("csv", b"\xef\xbb\xbfarea,value\r\nE08000012,1\r\n"),
        ("csv", "area;Île-de-France\n".encode("latin-1")),
        ("csv", b'"Error rate","x"\n'),
        ("json", b'\xef\xbb\xbf{"datasets": []}'),
        ("json", b'[{"error": "a column, not a reply"}]'),
        ("xlsx", archive(WORKBOOK)),
        (
            "ods",
            archive({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<c/>"}),
        ),
        ("zip", archive({"a/b.csv": b"x\n1\n", "deep.zip": archive({"c.csv": b"y\n2\n"}), "folder/": b""})),
        ("zip", archive({"..notes.csv": b"two dots in a name are no way out"})),
    ],
)
def test_good_files_pass(tmp_path: Path, media: Media, content: bytes) -> None:
    check(tmp_path, content, media)


@pytest.mark.parametrize("media", ["csv", "xlsx", "ods", "zip", "json"])
@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "0 bytes"),
        (b"\xef\xbb\xbf \r\n", "nothing but white space"),
        (b"<!DOCTYPE html><html><title>Nomis API</title>", "an HTML page starting “<!DOCTYPE html><html>"),
        (b"\xef\xbb\xbf\r\n\t <HTML lang=en>", "an HTML page starting “<HTML lang=en>”"),
        (b"<Error>Unable to contact data engine</Error>", "HTML or XML starting “<Error>Unable"),
        (b"Error: Unable to contact data engine", "an error message, “Error: Unable to contact data engine”"),
    ],
)
def test_what_publishers_send_instead_of_a_file(tmp_path: Path, media: Media, content: bytes, found: str) -> None:
    assert refusal(tmp_path, content, media).found.startswith(found)


def test_message_names_publisher_dataset_place_and_what_to_do(tmp_path: Path) -> None:
    page = b"<!doctype html>\n<html>\x00\x07" + b"long " * 40
    assert str(refusal(tmp_path, page, "xlsx")) == (
        "ofcom / ofcom_fixed_coverage: expected an Excel workbook (.xlsx); found an HTML page starting "
        "“<!doctype html> <html> long long long long long long long lo…” "
        "in https://www.example.org/data?uid=***. Nothing was landed and the last good release stays: "
        "open the address in a browser; if the file is good there, save it and use --from mirror:DIR."
    )


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (archive(WORKBOOK), "a zip archive or workbook"),
        (b"%PDF-1.7\nstuff", "a PDF starting “%PDF-1.7 stuff”"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel file (.xls)"),
        ("area,value\n".encode("utf-16"), "UTF-16 text"),
        (b"area,value\n" + b"1,2\n" * 500_000 + b"\0" * 512, "binary data (NUL bytes) starting “area,value"),
        (b'{"error": "no such dataset"}', 'JSON starting “{"error"'),
    ],
)
def test_csv_that_is_something_else(tmp_path: Path, content: bytes, found: str) -> None:
    assert refusal(tmp_path, content, "csv").found.startswith(found)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b'{"features": [', "no valid JSON (Expecting value"),
        (b"area,value\n", "no valid JSON"),
        (b"\xff\xff\xff\xff", "no valid JSON"),
        (b"[" * 100_000, "no valid JSON"),
        (b'{"error":{"code":400,"message":"Invalid URL","details":[]}}', 'an error reply, “{"code": 400'),
        (b'{ "error" : "Cannot understand" }', 'an error reply, “"Cannot understand"”'),
    ],
)
def test_json_that_is_no_answer(tmp_path: Path, content: bytes, found: str) -> None:
    assert refusal(tmp_path, content, "json").found.startswith(found)
    with pytest.raises(PayloadError):
        parse_json(content, publisher="ons", dataset="ons_lad_cauth_lookup", where=WHERE)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"PAR1 rows and no foot", "a truncated Parquet file"),
        (b"PAR1", "a truncated Parquet"),
        (b"a,b\n", "other bytes"),
    ],
)
def test_parquet_that_is_cut_off_or_something_else(tmp_path: Path, content: bytes, found: str) -> None:
    assert found in str(refusal(tmp_path, content, "parquet"))
    check(tmp_path, b"PAR1 rows PAR1", "parquet")


def test_parse_json_gives_the_value() -> None:
    value = {"features": [{"attributes": {"LAD24CD": "E08000012"}}], "exceededTransferLimit": True}
    content = json.dumps(value).encode()
    assert parse_json(content, publisher="ons", dataset="ons_lad_cauth_lookup", where=WHERE) == value


@pytest.mark.parametrize(
    ("media", "members"), [("zip", {"a.csv": b"x,y\n" * 5000, "b.csv": b"1,2\n" * 5000}), ("xlsx", WORKBOOK)]
)
def test_every_truncation_of_an_archive_is_refused(tmp_path: Path, media: Media, members: dict[str, bytes]) -> None:
    whole = archive(members)
    check(tmp_path, whole, media)
    for kept in range(4, len(whole)):
        refused = refusal(tmp_path, whole[:kept], media)
        assert "truncated archive" in refused.found
    assert "no central directory at its end" in refusal(tmp_path, whole[:-30], media).found


@pytest.mark.parametrize("media", ["zip", "xlsx"])
def test_hole_in_the_middle_of_an_archive_is_refused(tmp_path: Path, media: Media) -> None:
    whole = archive(WORKBOOK, zipfile.ZIP_STORED)
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :]
    assert (
        "damaged or truncated archive at member xl/workbook.xml (Bad CRC-32" in refusal(tmp_path, flipped, media).found
    )
    missing = whole[:middle] + whole[middle + 100 :]
    assert "damaged or truncated archive" in refusal(tmp_path, missing, media).found


def test_damage_in_a_nested_archive_is_refused_and_located(tmp_path: Path) -> None:
    inner = archive({"pc.csv": b"postcode\n" * 100}, zipfile.ZIP_STORED)
    outer = archive({"data/pc.zip": inner.replace(b"postcode", b"p0stcode", 1)})
    assert "at member data/pc.zip!pc.csv (Bad CRC-32" in refusal(tmp_path, outer, "zip").found
    cut = archive({"data/pc.zip": inner[:-30]})
    assert "(data/pc.zip) (File is not a zip file)" in refusal(tmp_path, cut, "zip").found


def test_names_that_cannot_be_decoded_are_damage(tmp_path: Path) -> None:
    packed = bytearray(archive({"é.csv": b"x\n"}))
    packed[packed.rindex("é".encode())] = 0xFF
    assert "damaged or truncated archive ('utf-8' codec can't decode" in refusal(tmp_path, bytes(packed), "zip").found


def test_workbook_kinds_are_told_apart(tmp_path: Path) -> None:
    plain = archive({"a.csv": b"x\n"})
    assert refusal(tmp_path, plain, "xlsx").found == "a zip archive without [Content_Types].xml"
    assert refusal(tmp_path, plain, "ods").found == "a zip archive without mimetype and content.xml"
    assert refusal(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1", "xlsx").found.startswith("an old Excel file (.xls)")
    assert refusal(tmp_path, b"area,value\n", "xlsx").found.startswith("other bytes starting “area,value”")
    assert refusal(tmp_path, archive({}), "zip").found == "an archive without members"


@pytest.mark.parametrize(
    "name",
    [
        "../evil.csv",
        "a/../../evil.csv",
        "/etc/evil.csv",
        "..\\evil.csv",
        "C:\\evil.csv",
        "C:/evil.csv",
        "\\\\srv\\x",
    ],
)
def test_members_that_point_outside_are_refused(tmp_path: Path, name: str) -> None:
    outer = archive({"fine.csv": b"x\n", name: b"x\n"})
    assert refusal(tmp_path, outer, "zip").found == f"a member that points outside the archive ({name})"
    nested = archive({"n.zip": archive({name: b"x\n"})})
    assert refusal(tmp_path, nested, "zip").found.endswith(f"(n.zip!{name})")


def test_locked_member_is_refused(tmp_path: Path) -> None:
    packed = bytearray(archive({"a.csv": b"x\n"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(signature) + offset] |= 1
    assert refusal(tmp_path, bytes(packed), "zip").found == "a member locked with a password (a.csv)"


def test_zip_bomb_by_declared_size_and_by_ratio(tmp_path: Path) -> None:
    bomb = archive({"zeros.csv": bytes(3_000_000)})
    by_size = refusal(tmp_path, bomb, "zip", ArchiveLimits(unpacked_bytes=1_000_000))
    assert by_size.expected == "a zip archive of at most 1,000,000 bytes unpacked"
    assert by_size.found == "3,000,000 bytes when unpacked (a zip bomb?)"
    by_ratio = refusal(tmp_path, bomb, "zip", ArchiveLimits(ratio_applies_from_bytes=1_000_000))
    assert "zeros.csv that unpacks 1,0" in by_ratio.found
    check(tmp_path, bomb, "zip")  # small enough for the usual limits: no false alarm


def test_default_limits_refuse_a_large_bomb_from_its_directory_alone(tmp_path: Path) -> None:
    bomb = bytearray(archive({"zeros.csv": bytes(1000)}))
    entry = bomb.index(b"PK\x01\x02")
    bomb[entry + 24 : entry + 28] = struct.pack("<I", 0xFFFFFFF0)
    assert "zip bomb?" in refusal(tmp_path, bytes(bomb), "zip").found


def test_bomb_that_hides_in_nested_archives_shares_one_budget(tmp_path: Path) -> None:
    inner = archive({"zeros.csv": bytes(400_000)})
    outer = archive({f"{n}.zip": inner for n in range(4)})
    check(tmp_path, outer, "zip", ArchiveLimits(unpacked_bytes=2_000_000))
    assert (
        "when unpacked (a zip bomb?)" in refusal(tmp_path, outer, "zip", ArchiveLimits(unpacked_bytes=1_000_000)).found
    )


def test_member_count_and_depth_are_limited_over_all_levels(tmp_path: Path) -> None:
    inner = archive({f"{n}.csv": b"x" for n in range(6)})
    outer = archive({"a.zip": inner, "b.zip": inner})
    check(tmp_path, outer, "zip", ArchiveLimits(members=14))
    assert refusal(tmp_path, outer, "zip", ArchiveLimits(members=13)).found == "more than 13 members"
    check(tmp_path, outer, "zip", ArchiveLimits(depth=2))
    assert refusal(tmp_path, outer, "zip", ArchiveLimits(depth=1)).found == (
        "archives nested deeper than 1 levels (a.zip!)"
    )


@pytest.mark.published
def test_every_real_file_passes(published_dir: Path) -> None:
    media_of: dict[str, Media] = {".xlsx": "xlsx", ".ods": "ods"}
    files = [path for path in sorted(published_dir.rglob("*")) if path.suffix in media_of]
    assert len(files) >= 10
    for path in files:
        check_payload(path, media=media_of[path.suffix], publisher="any", dataset="any", where=str(path))


@pytest.mark.published
@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("nomis-employment-rate.csv", "0 bytes"),
        ("nomis-claimant-v2.csv", "0 bytes"),
        ("census2021_kirklees_density.csv", "an HTML page starting “<!DOCTYPE html"),
    ],
)
def test_real_bad_replies_of_nomis_are_refused(published_dir: Path, name: str, found: str) -> None:
    path = published_dir / "nomis" / "replies_kirklees" / name
    with pytest.raises(PayloadError) as refused:
        check_payload(path, media="csv", publisher="nomis", dataset="nomis_nm_17_5", where=name)
    assert refused.value.found.startswith(found)


# --- the beginning alone


def beginning(head: bytes, media: Media, *, whole: bool = False) -> str:
    return check_beginning(head, media=media, publisher="ofcom", dataset="d", where=WHERE, whole=whole)


def test_beginnings_of_good_files_pass() -> None:
    seen: set[str] = set()
    for path in sorted(SAMPLE_DIR.rglob("*.*")):
        media: Any = path.suffix.lstrip(".")
        if media in ("csv", "xlsx", "ods", "zip", "json", "parquet", "gz"):
            beginning(path.read_bytes()[:2000], media)
            seen.add(media)
    assert seen >= {"csv", "xlsx", "ods", "zip", "json", "parquet"}


@pytest.mark.parametrize(
    ("media", "head", "found"),
    [
        ("csv", b"", "0 bytes"),
        ("csv", b"<!DOCTYPE html>", "an HTML page"),
        ("csv", b"PK\x03\x04", "a zip archive or workbook"),
        ("csv", b"a,\0", "NUL bytes"),
        ("parquet", b"a,b", "other bytes"),
        ("gz", b"%PDF-1.7", "a PDF"),
        ("zip", b"error: no such file", "an error message"),
        ("zip", archive(WORKBOOK), "an Excel workbook"),
        ("ods", archive(WORKBOOK), "an Excel workbook"),
        ("json", b"a,b\n", "no JSON object or list"),
        ("json", b'{"error": {"code": 400,', "an error reply"),
    ],
)
def test_wrong_beginnings_are_refused_by_name(media: Media, head: bytes, found: str) -> None:
    with pytest.raises(PayloadError) as refused:
        beginning(head, media)
    assert found in refused.value.found


def test_json_is_read_where_its_beginning_is_all_of_it() -> None:
    beginning(b'{"value": [', "json")
    with pytest.raises(PayloadError, match="no valid JSON"):
        beginning(b'{"value": [', "json", whole=True)
    assert beginning(b'{"value": []}', "json", whole=True) == "a JSON document"
