"""Readers find tables by what they say, whatever stands above, beside and below them."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from sources.catalogue import Dataset
from sources.errors import PayloadError
from sources.readers import SourceFile, raw_table, read_release, write_release
from sources.readers.shape import header_of
from tests.reading import toy_dataset

RELEASE_ID = "toy_things:-:2026-01-01:ffff"


def dataset(**table: Any) -> Dataset:
    described = {
        "name": "things",
        "format": "csv",
        "columns": {"code": "Area code", "value": ["Value", "Amount"]},
    } | table
    return toy_dataset("toy_things", described)


def read(described: Dataset, path: Path) -> dict[str, list[str]]:
    tables = read_release(described, [SourceFile(path.name, path, "f" * 64)], RELEASE_ID)
    found: dict[str, list[str]] = tables["things"].to_pydict()
    return found


def save(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        b"Area code,Value\nE08000012,1.50\n",
        b"\xef\xbb\xbfArea code,Value\r\nE08000012,1.50\r\n",  # BOM and CRLF
        b"Things by area\n\nUnits: counts,\nVALUE [note 1],area  code\n1.50,E08000012\n",  # title rows, other order
        b'Amount,"Area\ncode",Notes\n1.50,E08000012,"one,\ntwo"\n',  # renamed, line breaks, an extra column
    ],
)
def test_csv_header_is_found_by_content(tmp_path: Path, content: bytes) -> None:
    found = read(dataset(), save(tmp_path, "things.csv", content))
    assert found["code"] == ["E08000012"]
    assert found["value"] == ["1.50"]  # text as published: the trailing zero is kept


def test_rows_carry_their_provenance(tmp_path: Path) -> None:
    found = read(dataset(), save(tmp_path, "things.csv", b"title\nArea code,Value\nA,1\nB,2\n"))
    assert found["_row_number"] == ["3", "4"]
    assert found["_member"] == ["things.csv", "things.csv"]
    assert set(found["_release_id"]) == {"toy_things:-:2026-01-01:ffff"}
    assert set(found["_file_sha256"]) == {"f" * 64}


def test_renamed_column_is_one_clear_error(tmp_path: Path) -> None:
    path = save(tmp_path, "things.csv", b"Area code,Worth\nE08000012,1\n")
    with pytest.raises(PayloadError) as caught:
        read(dataset(), path)
    message = str(caught.value)
    for part in ("toy / toy_things", "Value / Amount", "value missing", "Worth", "things.csv", "toy_things.yml"):
        assert part in message


def test_headers_that_repeat_are_told_apart_by_their_order(tmp_path: Path) -> None:
    columns = {"code": "Area code", "begun": "All", "done": {"names": ["All"], "occurrence": 2}}
    found = read(dataset(columns=columns), save(tmp_path, "things.csv", b"Area code,All,,All\nA,1,,2\n"))
    assert (found["begun"], found["done"]) == (["1"], ["2"])
    with pytest.raises(PayloadError, match=r"done \(All, number 2 of them\).*done missing"):
        read(dataset(columns=columns), save(tmp_path, "one.csv", b"Area code,All\nA,1\n"))


def test_encoding_is_that_of_the_catalogue(tmp_path: Path) -> None:
    content = "Area code,Value\nCaffè,1\n".encode("cp1252")
    assert read(dataset(encoding="cp1252"), save(tmp_path, "a.csv", content))["code"] == ["Caffè"]
    with pytest.raises(PayloadError, match="not utf-8"):
        read(dataset(), save(tmp_path, "b.csv", content))


def test_ragged_rows_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path, "things.csv", b"Area code,Value\nE08000012,1\nE08000013\n")
    with pytest.raises(PayloadError, match=r"things\.csv"):
        read(dataset(), path)


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    book = xlsxwriter.Workbook(path)
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return path


def test_workbook_melts_year_columns_and_drops_foot_rows(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "things.xlsx",
        {
            "Notes": [["Area code", "no table here"]],
            "Table 1 ": [
                ["Things by area"],
                ["Units: counts"],
                ["Area code [note 2]", "Name", 2023, "2024 [p]"],
                ["E08000012 ", "Liverpool", 10, 12.5],
                ["E08000013", "St. Helens", ":", 7],
                ["Source: Toy office"],
                ["Last updated", "26 Feb 2026"],
            ],
        },
    )
    described = dataset(
        format="workbook",
        sheet=r"^Table 1$",
        columns={"code": "Area code"},
        melt={"pattern": r"^20\d\d"},
        keep={"column": "code", "pattern": r"^E\d{8}$"},
        capture={"updated": "^Last updated"},
    )
    found = read(described, path)
    rows = list(zip(found["code"], found["period_label"], found["value"], strict=True))
    assert rows == [
        ("E08000012 ", "2023", "10"),
        ("E08000013", "2023", ":"),
        ("E08000012 ", "2024 [p]", "12.5"),
        ("E08000013", "2024 [p]", "7"),
    ]
    assert found["_row_number"] == ["4", "5", "4", "5"]
    assert set(found["_member"]) == {"Table 1"}
    assert set(found["updated"]) == {"26 Feb 2026"}


def test_missing_sheet_lists_those_that_are_there(tmp_path: Path) -> None:
    path = workbook(tmp_path / "things.xlsx", {"Cover": [["Things"]], "Data": [["Area code", "Value"], ["A", 1]]})
    with pytest.raises(PayloadError, match="sheets Cover, Data"):
        read(dataset(format="workbook", sheet="^Table 1$"), path)


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_archives_are_searched_recursively_and_the_highest_revision_is_read(tmp_path: Path) -> None:
    inner = zipped({"deep/202601_things_r01.csv": b"Area code,Value\nA,1\n", "readme.txt": b"hello"})
    again = zipped({"202601_things_r2.csv": b"Area code,Value\nA,2\n"})
    path = save(tmp_path, "all.zip", zipped({"x/inner.zip": inner, "again.zip": again, "__MACOSX/._x": b"junk"}))
    described = dataset(member=r"^\d{6}_things_r0?\d+\.csv$", revision=r"_r0?(?P<revision>\d+)\.csv$")
    found = read(described, path)
    assert found["value"] == ["2"]
    assert found["_member"] == ["202601_things_r2.csv"]


def test_archive_without_the_member_says_what_it_holds(tmp_path: Path) -> None:
    path = save(tmp_path, "all.zip", zipped({"other.csv": b"a,b\n1,2\n"}))
    with pytest.raises(PayloadError, match=r"all\.zip|other\.csv"):
        read(dataset(member=r"^things\.csv$"), path)


def test_arcgis_features(tmp_path: Path) -> None:
    reply = {
        "fields": [{"name": "LAD25CD"}, {"name": "CAUTH25CD"}],
        "features": [{"attributes": {"LAD25CD": "E08000012", "CAUTH25CD": "E47000004"}}],
    }
    described = dataset(
        format="arcgis_json",
        columns={"code": {"pattern": r"^lad\d\dcd$"}, "value": {"pattern": r"^cauth\d\dcd$"}},
    )
    found = read(described, save(tmp_path, "page.json", json.dumps(reply).encode()))
    assert (found["code"], found["value"]) == (["E08000012"], ["E47000004"])


def test_optional_layouts_of_one_thing(tmp_path: Path) -> None:
    """A dataset may name several layouts; the payload's own is read, and none at all is an error."""
    one = dataset(optional=True)
    path = save(tmp_path, "things.csv", b"Area,Amount\nA,1\n")
    with pytest.raises(PayloadError, match="code missing"):
        read(one, path)


def test_parquet_becomes_text_under_canonical_names(tmp_path: Path) -> None:
    path = tmp_path / "things.parquet"
    columns = {"note": ["x", "y", "z"], "AREA CODE": [341.0, 342.0, None], "Amount": ["1.50", None, "7E-2"]}
    pq.write_table(pa.table(columns), path)
    found = read(dataset(format="parquet", keep={"column": "code", "pattern": "."}), path)
    assert {name: found[name] for name in ("code", "value", "_row_number")} == {
        "code": ["341", "342"],
        "value": ["1.50", ""],
        "_row_number": ["1", "2"],
    }


def test_parquet_that_cannot_be_read_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(PayloadError, match="a readable parquet"):
        read(dataset(format="parquet"), save(tmp_path, "things.parquet", b"PAR1 no footer PAR1"))


# --- a statement of the catalogue sees its payload and nothing else


@pytest.mark.parametrize(
    "source",
    [
        "read_csv('{outside}')",
        "read_text('/etc/hostname')",
        "glob('{folder}/*')",
        "read_csv('https://publisher.invalid/a.csv')",
    ],
)
def test_statement_of_the_catalogue_opens_no_other_file(tmp_path: Path, source: str) -> None:
    outside = save(tmp_path, "outside.csv", b"code,value\nx,1\n")
    payload = save(tmp_path, "payload.json", b'[{"code": "E08000012", "value": "1"}]')
    described = {
        "format": "json_sql",
        "inputs": {
            "feed": {"member": "payload", "records": "array", "fields": {"code": "VARCHAR", "value": "VARCHAR"}}
        },
        "columns": {"code": "code", "value": "value"},
    }
    assert read(dataset(**described, sql="select * from feed"), payload)["code"] == ["E08000012"]
    reaching = f"select code, value from feed, {source.format(outside=outside, folder=tmp_path)} as other limit 1"
    with pytest.raises(PayloadError, match="Permission Error"):
        read(dataset(**described, sql=reaching), payload)


# --- limits, and what only damage shows


def refused(described: Dataset, path: Path) -> str:
    with pytest.raises(PayloadError) as caught:
        read(described, path)
    str(caught.value).encode()  # the ledger keeps it
    return caught.value.found


@pytest.mark.parametrize(
    ("limit", "value", "found", "whole"),
    [
        ("ROWS_IN_PIECES", 100, "200 rows, more than 100", False),
        ("COLUMNS", 1, "2 columns, more than 1", False),
        ("ROWS", 100, "201 rows, more than 100", True),
        ("CELLS", 300, "201 rows of 2 columns, more than 300 cells", True),
    ],
)
def test_csv_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, found: str, *, whole: bool
) -> None:
    path = save(tmp_path, "things.csv", b"Area code,Value\n" + b"".join(b"E08000012,%d\n" % at for at in range(200)))
    described = dataset(distinct=whole)  # which needs all rows at once
    assert len(read(described, path)["code"]) == 200
    monkeypatch.setattr(f"sources.limits.{limit}", value)
    assert refused(described, path) == found


def test_csv_in_many_pieces_is_the_same_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [b'E0800%04d,"%d\nor so"\r\n' % (at, at) for at in range(500)]
    path = save(tmp_path, "things.csv", b"A title\r\nArea code,Value\r\n" + b"".join(lines))
    whole = read(dataset(), path)
    assert whole["value"][-1] == "499\nor so" and whole["_row_number"] == [str(at) for at in range(3, 503)]
    monkeypatch.setattr("sources.readers.csv.BLOCK_BYTES", 1_000)
    monkeypatch.setattr("sources.readers.raw_table.PIECE_ROWS", 70)
    assert read(dataset(), path) == whole
    written = write_release(dataset(), [SourceFile(path.name, path, "f" * 64)], RELEASE_ID, tmp_path)["things"]
    pieces = list(raw_table.pieces(written))
    assert len(pieces) > 5 and max(piece.num_rows for piece in pieces) <= 70
    assert pa.concat_tables(pieces).to_pydict() == whole
    assert {str(header_of(piece)) for piece in pieces} == {
        "(['Area code', 'Value'], {'code': 'Area code', 'value': 'Value'})"
    }


@pytest.mark.parametrize(
    "content",
    [
        b"Area code,Value" + b"," * 60_000 + b"\n" + b"1,2\n",  # one endless row of headers
        b"Area code,Value\n" + b"x" * 3_000_000,  # a line without an end
        b'Area code,Value\n1,"' + b"x" * 3_000_000,  # a cell without an end
        b'Area code,"Value' + b"x" * 200_000 + b'"\n1,2\n',
        b"Area code,Value\n" + b"1,\xff\xfe\n",
    ],
)
def test_csv_without_rows_of_cells_is_refused(tmp_path: Path, content: bytes) -> None:
    assert len(refused(dataset(), save(tmp_path, "things.csv", content))) < 1_000


PARQUET = {"format": "parquet", "columns": {"code": "code", "value": "value"}}


def parquet_file(folder: Path, codes: pa.Array, values: Any = None, **how: Any) -> Path:
    path = folder / "things.parquet"
    columns = {"code": codes, "value": values if values is not None else pa.array(["1"] * len(codes))}
    pq.write_table(pa.table(columns), path, **how)
    return path


def test_parquet_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = parquet_file(tmp_path, pa.array(["E08000012"] * 1000))
    assert read(dataset(**PARQUET), path)["code"] == ["E08000012"] * 1000
    monkeypatch.setattr("sources.limits.ROWS", 999)
    assert refused(dataset(**PARQUET), path) == "1,000 rows, more than 999"


def test_parquet_text_is_not_unfolded_where_it_would_be_too_much(tmp_path: Path) -> None:
    """A file of some kilobytes in which one text of a megabyte stands a hundred thousand times."""
    codes = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * 1_000_000]))
    path = parquet_file(tmp_path, codes, compression="zstd")
    assert path.stat().st_size < 100_000
    assert refused(dataset(**PARQUET), path) == "100,000,000,000 bytes of text in a column, more than 4,294,967,296"


@pytest.mark.parametrize(
    "codes",
    [
        pa.array([b"\xed\xa0\x80"], pa.binary()).view(pa.string()),  # no UTF-8, though the file says so
        pa.array([b"\xff"], pa.binary()),
        pa.array([{"code": "E08000012"}]),
        pa.array([["E08000012"]]),
    ],
)
def test_parquet_columns_that_are_no_text_are_refused(tmp_path: Path, codes: pa.Array) -> None:
    assert refused(dataset(**PARQUET), parquet_file(tmp_path, codes))


FEATURES = {"format": "arcgis_json", "columns": {"code": "code", "value": "value"}}


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        '{"features": 1}',
        '{"features": [{"attributes": [1]}]}',
        '{"features": [{"attributes": null}]}',
        '{"fields": [{"name": null}], "features": [{"attributes": {"code": "a", "value": 1}}]}',
        '{"fields": [1], "features": []}',
        '{"features": [{"attributes": {"code": "\\ud800", "value": 1}}]}',
        '{"features": [{"attributes": {"code": ' + "[" * 5_000 + "]" * 5_000 + ', "value": 1}}]}',
    ],
)
def test_features_that_are_none_are_refused(tmp_path: Path, content: str) -> None:
    assert refused(dataset(**FEATURES), save(tmp_path, "things.json", content.encode()))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_json_with_half_a_character_in_its_bytes_is_refused(tmp_path: Path, encoding: str) -> None:
    content = '{"features": [{"attributes": {"code": "\ud800", "value": 1}}]}'.encode(encoding, "surrogatepass")
    assert "codec can't decode" in refused(dataset(**FEATURES), save(tmp_path, "things.json", content))


def test_json_in_an_archive_is_limited_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.dumps({"features": [{"attributes": {"code": "a", "value": 1}}] * 100})
    path = tmp_path / "things.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("things.json", content)
    assert len(read(dataset(**FEATURES), path)["code"]) == 100
    monkeypatch.setattr("sources.limits.JSON_BYTES", 1000)
    assert refused(dataset(**FEATURES), path) == f"{len(content):,} bytes of JSON, more than 1,000"


def test_links_in_an_archive_are_text_and_lead_nowhere(tmp_path: Path) -> None:
    secret = save(tmp_path, "elsewhere.csv", b"Area code,Value\nsecret,1\n")
    path = tmp_path / "things.zip"
    link = zipfile.ZipInfo("link.csv")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, str(secret))
    assert refused(dataset(), path) == f"code, value missing; nearest row is {str(secret)!r}"


def repacked(path: Path, **changes: Any) -> Path:
    """The workbook with members changed: a function of their bytes by the end of their name."""
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            change = next((change for end, change in changes.items() if name.endswith(f"{end}.xml")), None)
            archive.writestr(name, change(content) if change else content)
    return path


def test_entities_of_a_workbook_are_not_put_in(tmp_path: Path) -> None:
    """The gate refuses such a workbook; the parser itself neither fetches nor multiplies."""
    secret = save(tmp_path, "secret.txt", b"E08000099")
    path = workbook(tmp_path / "things.xlsx", {"Table": [["Area code", "Value"], ["E08000012", 1]]})
    declared = f'<!DOCTYPE sst [<!ENTITY a SYSTEM "{secret.as_uri()}"><!ENTITY b "laugh">]><sst '.encode()

    def declare(content: bytes) -> bytes:
        return content.replace(b"<sst ", declared, 1).replace(b">E08000012<", b">&a;&b;&b;<")

    try:
        found = str(read(dataset(format="workbook"), repacked(path, sharedStrings=declare)))
    except PayloadError as error:
        found = str(error)
    assert "E08000099" not in found
    assert "laughlaugh" not in found


def test_defect_of_the_workbook_parser_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    panic = type("PanicException", (BaseException,), {})  # as Rust code gives it to Python: no Exception

    def give_up(_: str) -> None:
        raise panic("index out of bounds")

    monkeypatch.setattr("python_calamine.CalamineWorkbook.from_path", give_up, raising=True)
    path = workbook(tmp_path / "things.xlsx", {"Table": [["Area code", "Value"]]})
    assert refused(dataset(format="workbook"), path) == "the parser gave up: index out of bounds"


def test_interrupt_is_no_defect_of_the_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("python_calamine.CalamineWorkbook.from_path", interrupt)
    with pytest.raises(KeyboardInterrupt):
        read(dataset(format="workbook"), save(tmp_path, "things.xlsx", b"PK"))
