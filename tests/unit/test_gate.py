"""The payload gate: each kind of wrong bytes is refused by name, and real files pass."""

from __future__ import annotations

import errno
import gzip
import io
import json
import struct
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sources.errors import PayloadError
from sources.gate import ArchiveLimits, Media, check_beginning, check_payload, parse_json
from sources.origins import SAMPLE_DIR

WHERE = "https://www.example.org/data?uid=0xfeed"
WORKBOOK = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook>" + b"<sheet/>" * 500 + b"</workbook>"}


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


# --- limits


def xlsx(sheet: bytes, **members: bytes) -> bytes:
    """A workbook with one sheet of this XML."""
    return archive({"[Content_Types].xml": b"<Types/>", "xl/worksheets/sheet1.xml": sheet} | members)


def ods(content: bytes) -> bytes:
    return archive({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": content})


def cells(*places: str) -> bytes:
    """XML of a sheet with a number in each of these places."""
    rows = "".join(f'<row><c r="{place}"><v>1</v></c></row>' for place in places)
    return f'<worksheet><dimension ref="A1:XFD1048576"/><sheetData>{rows}</sheetData></worksheet>'.encode()


def table(*rows: str) -> bytes:
    """XML of an OpenDocument sheet with these rows."""
    names = 'xmlns:t="urn:table" xmlns:o="urn:office"'
    return f'<o:document {names}><t:table t:name="1">{"".join(rows)}</t:table></o:document>'.encode()


def row(rows: int | str = 1, columns: int | str = 1, value: str = 'o:value-type="float" o:value="1"') -> str:
    """A row with one cell, which repeat."""
    cell = f'<t:table-cell t:number-columns-repeated="{columns}" {value}/>'
    return f'<t:table-row t:number-rows-repeated="{rows}">{cell}</t:table-row>'


CORNERS = xlsx(cells("A1", "XFD1048576"))
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("media", "content", "found"),
    [
        ("xlsx", CORNERS, "a sheet of 1,048,576 rows and 16,384 columns (xl/worksheets/sheet1.xml)"),
        ("zip", archive({"a/b.xlsx": CORNERS}), "a sheet of 1,048,576 rows and 16,384 columns (a/b.xlsx!xl/"),
        ("xlsx", xlsx(cells("A1", f"B{'9' * 30}")), "a sheet of 999,999,999,999,999,999 rows and 2 columns"),
        ("xlsx", xlsx(cells("ZZZZZZZ1", "A1")), "a sheet of 1 rows and"),
        ("ods", ods(table(row(4_294_967_296))), "a sheet of 4,294,967,296 rows and 1 columns (content.xml)"),
        ("ods", ods(table(row(1, "9" * 400))), "a sheet of 1 rows and 999,999,999,999,999,999 columns"),
        ("ods", ods(table(row(), row(99_999_999, 1, ""), row())), "a sheet of 100,000,001 rows"),
    ],
)
def test_workbook_that_would_unfold_without_end_is_refused(
    tmp_path: Path, media: Media, content: bytes, found: str
) -> None:
    assert len(content) < 10_000
    refused = refusal(tmp_path, content, media)
    assert refused.found.startswith(found)
    assert refused.expected.endswith("with sheets of at most 5,000,000 cells, without document types")


@pytest.mark.parametrize(
    ("media", "content", "found"),
    [
        ("xlsx", xlsx(LAUGHS + b"<worksheet>&b;</worksheet>"), "XML with a document type, which can define entities"),
        ("ods", ods(b'<!DOCTYPE x SYSTEM "file:///etc/hostname"><c/>'), "XML with a document type"),
        ("xlsx", xlsx(b"<worksheet><row>"), "a damaged or truncated archive at member xl/worksheets/sheet1.xml (XML:"),
        (
            "xlsx",
            xlsx(b'<?xml version="1.0" encoding="UPF-8"?><worksheet></worksheet>'),
            "a damaged or truncated archive at member xl/worksheets/sheet1.xml (XML: unknown encoding",
        ),
    ],
)
def test_workbook_with_entities_or_damaged_xml_is_refused(
    tmp_path: Path, media: Media, content: bytes, found: str
) -> None:
    assert refusal(tmp_path, content, media).found.startswith(found)


FORMAT_TO_THE_LAST_CELL = b'<row><c r="XFD1048576" s="2"/></row></sheetData>'


@pytest.mark.parametrize(
    ("media", "content"),
    [
        # What spreadsheets leave behind: formats to the last row and column, and a range that says so.
        ("xlsx", xlsx(cells("A1", "C9").replace(b"</sheetData>", FORMAT_TO_THE_LAST_CELL))),
        ("ods", ods(table(row(), row(1_048_575, 16_384, "")))),
        # Two sheets in one document are two sheets.
        ("ods", ods(table(row(3_000_000), '</t:table><t:table t:name="2">', row(3_000_000)))),
        ("xlsx", xlsx(cells("A1"), **{"xl/drawings/old.vml": b"<xml><br></xml>", "xl/media/a.png": b"\x89PNG"})),
    ],
)
def test_formats_that_reach_further_than_figures_pass(tmp_path: Path, media: Media, content: bytes) -> None:
    check(tmp_path, content, media)


def test_workbook_is_limited_when_unpacked(tmp_path: Path) -> None:
    large = xlsx(b"<worksheet>" + b"<row></row>" * 50_000 + b"</worksheet>")
    check(tmp_path, large, "xlsx")
    refused = refusal(tmp_path, large, "xlsx", ArchiveLimits(workbook_bytes=100_000))
    assert refused.found.endswith("bytes when unpacked (a zip bomb?)")
    assert refused.expected == "an Excel workbook (.xlsx) of at most 100,000 bytes unpacked"


def test_zip_under_another_name_is_looked_at_as_well(tmp_path: Path) -> None:
    hidden = archive({"data.csv": archive({"zeros.csv": bytes(400_000)})})
    assert "zip bomb?" in refusal(tmp_path, hidden, "zip", ArchiveLimits(unpacked_bytes=100_000)).found
    outside = archive({"data.csv": archive({"../x": b"1"})})
    assert refusal(tmp_path, outside, "zip").found == "a member that points outside the archive (data.csv!../x)"


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """The second entry of the directory points to the bytes of the first."""
    packed = bytearray(archive({"a.csv": b"x" * 5000, "b.csv": b"y" * 5000}))
    first = packed.index(b"PK\x01\x02")
    second = packed.index(b"PK\x01\x02", first + 1)
    packed[second + 42 : second + 46] = packed[first + 42 : first + 46]
    assert refusal(tmp_path, bytes(packed), "zip").found == "members that overlap (a zip bomb?, b.csv)"


@pytest.mark.parametrize(
    ("name", "found"),
    [("", "a member without a name ()"), ("x" * 501, f"a member with a name of 501 characters ({'x' * 200}…)")],
)
def test_names_that_are_none_are_refused(tmp_path: Path, name: str, found: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        target.writestr("a.csv", b"x\n")
        target.writestr(zipfile.ZipInfo(name), b"x\n")
    assert refusal(tmp_path, packed.getvalue(), "zip").found == found


def test_what_an_archive_says_of_itself_is_cut_short(tmp_path: Path) -> None:
    packed = archive({f"{'n' * 450}.csv": b"x" * 500}, zipfile.ZIP_STORED).replace(b"xxxx", b"xyxx", 1)
    assert len(refusal(tmp_path, packed, "zip").found) < 700


def test_gzip_bomb_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(3_000_000))
    check(tmp_path, bomb, "gz")
    by_ratio = refusal(tmp_path, bomb, "gz", ArchiveLimits(ratio_applies_from_bytes=1_000_000))
    assert by_ratio.found == "a gzip file that unpacks more than 200-fold (a gzip bomb?)"
    by_size = refusal(tmp_path, bomb * 3, "gz", ArchiveLimits(gzip_bytes=5_000_000))
    assert by_size.expected == "a gzip file of at most 5,000,000 bytes unpacked"


def test_json_larger_than_is_read_whole_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.limits.JSON_BYTES", 1000)
    refused = refusal(tmp_path, b"[" + b"1," * 1000 + b"1]", "json")
    assert (refused.expected, refused.found) == ("a JSON document of at most 1,000 bytes", "2,003 bytes")


@pytest.mark.parametrize(
    "content", [b'{"a":' * 50_000 + b"1" + b"}" * 50_000, b"[" * 3_000 + b"]" * 3_000, b"9" * 5_000]
)
def test_json_of_enormous_depth_or_numbers_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content, "json").found.startswith("no valid JSON")


def test_full_disk_is_not_the_publishers_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A nested archive is copied while it is looked at."""

    class Full(tempfile.SpooledTemporaryFile[bytes]):
        def write(self, *_: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", Full)
    path = tmp_path / "outer.zip"
    path.write_bytes(archive({"inner.zip": archive({"a.csv": b"x\n"})}))
    with pytest.raises(OSError, match="No space left"):
        check_payload(path, media="zip", publisher="toy", dataset="toy_things", where="outer.zip")
