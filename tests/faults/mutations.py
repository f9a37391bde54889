"""Damage to files as networks, editors, publishers' exports and enemies do it.

`mutate` changes the content of one file by a few random steps; what a step does follows from the name's suffix, and
members of archives and workbooks are changed inside and packed again, so that damage reaches the code behind the
checksum. The same seed gives the same bytes.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import struct
import zipfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import PurePosixPath
from random import Random
from typing import Any

import pyarrow as pa
from pyarrow import parquet

Bytes = Callable[[Random, bytes], bytes]

NUMBERS = ("1e999", "-1e999", "9" * 400, "NaN", "Infinity", "-0", "0x1F", "1,2,3", "1e-400", "9223372036854775808")
TEXTS = ("", '"', '""', "'", "\t", "\r", "é", "\u00a0", "\u202e", "\ufeff", "#REF!", "=1+1", "[x]", "A" * 40_000)
CELLS = (*NUMBERS, *TEXTS)
INSERTED = (
    b"\0",
    b'"',
    b"\n",
    b"\r",
    b"\r\n",
    b",",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xc3",
    b"\xed\xa0\x80",
    b"<",
    b"{",
)


def mutate(random: Random, name: str, content: bytes) -> bytes:
    """`content` after one to three random steps."""
    kind = PurePosixPath(name).suffix.lower()
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        steps = BYTES if random.random() < SHARE_OF_BYTES else STEPS.get(kind, BYTES)
        content = random.choice(steps)(random, content)
    return content


# --- any bytes --------------------------------------------------------------------------------------------


def _place(random: Random, content: bytes, longest: int = 4096) -> tuple[int, int]:
    """Begin and end of a random stretch."""
    begin = random.randrange(len(content) + 1)
    return begin, min(len(content), begin + random.randint(1, longest))


def flip_bits(random: Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(random.choice((1, 4, 32)) if content else 0):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def cut_off(random: Random, content: bytes) -> bytes:
    return content[: random.randrange(len(content) + 1)]


def remove_stretch(random: Random, content: bytes) -> bytes:
    begin, end = _place(random, content)
    return content[:begin] + content[end:]


def repeat_stretch(random: Random, content: bytes) -> bytes:
    begin, end = _place(random, content)
    return content[:end] + content[begin:end] * random.choice((1, 3, 50)) + content[end:]


def overwrite_stretch(random: Random, content: bytes) -> bytes:
    begin, end = _place(random, content, 64)
    return content[:begin] + random.choice((b"\0", b"\xff", b"\x80")) * (end - begin) + content[end:]


def insert(random: Random, content: bytes) -> bytes:
    at = random.randrange(len(content) + 1)
    return content[:at] + random.choice(INSERTED) * random.choice((1, 1, 2, 1000)) + content[at:]


def encode_otherwise(random: Random, content: bytes) -> bytes:
    return content.decode("utf-8", errors="replace").encode(random.choice(("utf-16", "utf-32", "cp1252")), "replace")


def lie_in_a_number(random: Random, content: bytes) -> bytes:
    """A length, count or offset of a binary format that says far too much."""
    if len(content) < 8:
        return content
    at = random.choice((random.randrange(len(content) - 7), max(0, len(content) - random.randint(8, 64))))
    lie = struct.pack("<I", random.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFF0, 0x00010000)))
    return content[:at] + lie + content[at + 4 :]


BYTES: tuple[Bytes, ...] = (
    flip_bits,
    cut_off,
    remove_stretch,
    repeat_stretch,
    overwrite_stretch,
    insert,
    encode_otherwise,
    lie_in_a_number,
)
SHARE_OF_BYTES = 0.25


# --- text of rows -----------------------------------------------------------------------------------------


def _lines(change: Callable[[Random, list[bytes]], None]) -> Bytes:
    def changed(random: Random, content: bytes) -> bytes:
        lines = content.split(b"\n")
        change(random, lines)
        return b"\n".join(lines)

    return changed


def _cell(random: Random, lines: list[bytes]) -> None:
    for _ in range(random.choice((1, 5))):
        at = random.choice((0, random.randrange(len(lines))))
        cells = lines[at].split(b",")
        cells[random.randrange(len(cells))] = random.choice(CELLS).encode()
        lines[at] = b",".join(cells)


def _ragged(random: Random, lines: list[bytes]) -> None:
    at = random.randrange(len(lines))
    lines[at] = lines[at] + b"," * random.choice((1, 3, 70_000)) if random.random() < 0.5 else lines[at].split(b",")[0]


def _column(random: Random, lines: list[bytes]) -> None:
    """A column is gone, or there twice, in every row."""
    at, twice = random.randrange(1 + lines[0].count(b",")), random.random() < 0.5
    for number, line in enumerate(lines):
        cells = line.split(b",")
        if at < len(cells) <= WIDE:
            cells[at : at + 1] = [cells[at]] * (2 if twice else 0)
            lines[number] = b",".join(cells)


WIDE = 10_000


def _order(random: Random, lines: list[bytes]) -> None:
    random.shuffle(lines)


def _endless_line(random: Random, lines: list[bytes]) -> None:
    at = random.randrange(len(lines))
    lines[at] += random.choice((b"x", b",", b'"', b'"a",')) * 2_000_000


def _unclosed(random: Random, lines: list[bytes]) -> None:
    lines[random.choice((0, random.randrange(len(lines))))] += b',"'


ROWS = tuple(_lines(change) for change in (_cell, _cell, _ragged, _column, _order, _endless_line, _unclosed))


# --- JSON -------------------------------------------------------------------------------------------------

VALUES: tuple[Any, ...] = (
    None, True, -1, 1 << 70, 1e308, float("nan"), float("inf"), "", "x" * 100_000, "\ud800", "\0",
    [], {}, [[]], [None], {"": None}, {"error": 1}, {"id": []},
)  # fmt: skip


def _nodes(value: Any) -> list[tuple[Any, Any]]:
    """(container, key) of everything in a document."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        node = waiting.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            found.append((node, key))
            waiting.append(node[key])
    return found


def change_document(random: Random, content: bytes) -> bytes:
    """A few values of the document are gone, of another type, or deep."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return flip_bits(random, content)
    for _ in range(random.choice((1, 2, 10))):
        nodes = _nodes(document)
        if not nodes:
            break
        # Near the root as often as among the many leaves.
        container, key = random.choice(random.choice((nodes, nodes[:8])))
        how = random.random()
        if how < 0.2:
            del container[key]
        elif how < 0.3 and isinstance(container, list):
            container[key : key + 1] = [deepcopy(container[key]) for _ in range(3)]
        elif how < 0.4 and isinstance(container, dict):
            container[random.choice(("", "error", "id", "\ud800", "x" * 5000))] = container.pop(key)
        elif how < 0.5:
            container[key] = [container[key]]
        else:
            container[key] = deepcopy(random.choice(VALUES))
    return json.dumps(document).encode()


def nest_document(random: Random, content: bytes) -> bytes:
    """Brackets as deep as a stack is not."""
    at = random.choice([match.start() for match in re.finditer(rb"[\[{:,]", content)][:2000] or [0]) + 1
    depth = random.choice((900, 5_000, 200_000))
    opened, closed = random.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'{"a":[', b"]}")))
    return content[:at] + opened * depth + b"1" + closed * depth + content[at:]


def replace_number(random: Random, content: bytes) -> bytes:
    return _replace_one(random, content, rb"-?[0-9]+(\.[0-9]+)?", [*(n.encode() for n in NUMBERS), b"9" * 5000])


def _replace_one(random: Random, content: bytes, pattern: bytes, by: list[bytes]) -> bytes:
    found = list(re.finditer(pattern, content))
    if not found:
        return content
    match = random.choice(random.choice((found, found[:20])))
    return content[: match.start()] + random.choice(by) + content[match.end() :]


DOCUMENT = (change_document, change_document, change_document, nest_document, replace_number)


# --- XML of workbooks -------------------------------------------------------------------------------------

ENTITIES = b'<!DOCTYPE x [<!ENTITY a "%s">%s]>' % (
    b"ha" * 50,
    b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)),
)
EXTERNAL = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
COUNTS = [b"0", b"-1", b"1048576", b"16384", b"2147483647", b"4294967296", b"18446744073709551616", b"1.5", b"x"]
REFERENCES = [b"A1:XFD1048576", b"XFD1048576", b"A4294967296", b"ZZZZZZZ1", b"A0", b"A1:A0", b"B2:A1", b"", b"1A"]


def declare_entities(random: Random, content: bytes) -> bytes:
    head = re.match(rb"\s*<\?xml[^>]*\?>", content)
    at = head.end() if head else 0
    declared = content[:at] + random.choice((ENTITIES, EXTERNAL)) + content[at:]
    return re.sub(rb">([^<>]{2,40})<", b">&a;&j;<", declared, count=random.choice((1, 50)))


def lie_about_counts(random: Random, content: bytes) -> bytes:
    """Repeats, indexes and counts that say far too much."""
    counted = (
        rb'(?<=(?:rows|umns)-repeated=")\d+', rb'(?<=count=")\d+', rb'(?<=row r=")\d+', rb"(?<=<v>)\d+(?=</v>)",
        rb'(?<=\bs=")\d+', rb'(?<=Id=")\d+', rb'(?<=spanned=")\d+', rb'(?<=office:value=")[^"]+',
    )  # fmt: skip
    present = [pattern for pattern in counted if re.search(pattern, content)]
    return _replace_one(random, content, random.choice(present), COUNTS) if present else content


def lie_about_places(random: Random, content: bytes) -> bytes:
    places = (rb'(?<=dimension ref=")[^"]+', rb'(?<=<c r=")[^"]+', rb'(?<=mergeCell ref=")[^"]+')
    present = [pattern for pattern in places if re.search(pattern, content)]
    return _replace_one(random, content, random.choice(present), REFERENCES) if present else content


def repeat_without_end(random: Random, content: bytes) -> bytes:
    """A row, column or cell of an OpenDocument sheet that repeats for ever."""
    count = random.choice(COUNTS)
    tag, attribute = random.choice((("row", "rows"), ("cell", "columns"), ("column", "columns")))
    found = list(re.finditer(rb"<table:table-%s\b" % tag.encode(), content))
    if not found:
        return content
    at = random.choice(found).end()
    return content[:at] + b' table:number-%s-repeated="%s"' % (attribute.encode(), count) + content[at:]


def nest_tags(random: Random, content: bytes) -> bytes:
    found = list(re.finditer(rb"<([a-zA-Z:-]+)[^<>/]*>", content))
    if not found:
        return content
    match, depth = random.choice(found), random.choice((100, 20_000))
    name = match[1]
    return content[: match.end()] + b"<%s>" % name * depth + b"</%s>" % name * depth + content[match.end() :]


def remove_tag(random: Random, content: bytes) -> bytes:
    return _replace_one(random, content, rb"<[^<>]+>", [b"", b"<x>", b"</x>", b"<x/>", b"<![CDATA[", b"<!--"])


def change_attribute(random: Random, content: bytes) -> bytes:
    by = [b"", b"9" * 400, b"\xff", b"&#x0;", b"&#xD800;", b"&lt;", b"../../x", b"1900-13-45", b"1e999"]
    return _replace_one(random, content, rb'(?<=")[^"<>]*(?=")', by)


def change_text(random: Random, content: bytes) -> bytes:
    by = [b">" + re.sub(b"[<&]", b"", cell.encode()) + b"<" for cell in CELLS]
    return _replace_one(random, content, rb">[^<>]+<", [*by, b">&unknown;<", b">&#xD800;<", b">&#99999999;<"])


XML = (
    declare_entities, lie_about_counts, lie_about_counts, lie_about_places, repeat_without_end, nest_tags, remove_tag,
    remove_tag, change_attribute, change_attribute, change_text,
)  # fmt: skip


# --- archives ---------------------------------------------------------------------------------------------

Members = list[tuple[str, bytes]]


def _archive(change: Callable[[Random, Members], Members]) -> Bytes:
    def changed(random: Random, content: bytes) -> bytes:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                members = [(info.filename, archive.read(info)) for info in archive.infolist() if not info.is_dir()]
        except Exception:
            return flip_bits(random, content)
        return packed(change(random, members))

    return changed


def packed(members: Members, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these members, also where several have one name."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression, compresslevel=1) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = compression
            if name in archive.NameToInfo:  # zipfile warns of it
                del archive.NameToInfo[name]
            archive.writestr(info, content)
    return target.getvalue()


def _inside(random: Random, members: Members) -> Members:
    if members:
        # The large ones are what is read; the small ones say how.
        at = random.choice((random.randrange(len(members)), max(range(len(members)), key=lambda n: len(members[n][1]))))
        name, content = members[at]
        if len(content) <= LARGEST_MEMBER:
            members[at] = (name, mutate(random, name, content))
    return members


def _without(random: Random, members: Members) -> Members:
    if members:
        del members[random.randrange(len(members))]
    return members


def _swapped(random: Random, members: Members) -> Members:
    one, other = (random.randrange(len(members)) for _ in range(2)) if members else (0, 0)
    if members:
        members[one], members[other] = (members[one][0], members[other][1]), (members[other][0], members[one][1])
    return members


def _renamed(random: Random, members: Members) -> Members:
    names = ("../x.csv", "/etc/x", "C:\\x", "x" * 60_000, "", ".", "a/", "\0", "é\u202e.csv", "__MACOSX/x", "X.ZIP")
    if members:
        at = random.randrange(len(members))
        members[at] = (random.choice((*names, members[random.randrange(len(members))][0])), members[at][1])
    return members


def _nested(random: Random, members: Members) -> Members:
    inner = packed(members)
    for depth in range(random.choice((0, 1, 5))):
        inner = packed([(f"{depth}.zip", inner)])
    return [*members[: random.randrange(len(members) + 1)], (random.choice(("inner.zip", "inner.csv")), inner)]


def _bomb(random: Random, members: Members) -> Members:
    return [*members, (members[0][0] if members and random.random() < 0.5 else "zeros.csv", bytes(40 << 20))]


def _many(random: Random, members: Members) -> Members:
    return [*members, *((f"{n}.csv", b"") for n in range(21_000))]


LARGEST_MEMBER = 12 << 20
CHANGES = (_inside, _inside, _inside, _inside, _inside, _inside, _without, _swapped, _renamed, _nested, _bomb, _many)
ARCHIVE = tuple(_archive(change) for change in CHANGES)
WORKBOOK = tuple(_archive(change) for change in (*(_inside,) * 12, _without, _swapped, _renamed, _bomb))


# --- Parquet, gzip ----------------------------------------------------------------------------------------


HALF_A_PAIR = b"\xed\xa0\x80"  # no UTF-8, whatever the file says
PARQUET_COLUMNS: tuple[tuple[Any, Any], ...] = (
    (None, pa.null()),
    (b"\xff\xfe", pa.binary()),
    (HALF_A_PAIR, pa.binary()),
    (b"\xff" * 4, pa.binary(4)),
    ([1, None], pa.list_(pa.int8())),
    (["a", "b"], pa.list_(pa.string())),
    ({"a": "b"}, pa.struct({"a": pa.string()})),
    (float("nan"), pa.float64()),
    (1 << 40, pa.timestamp("ns")),
    (-(1 << 52), pa.timestamp("s")),
    (1, pa.duration("s")),
    ("a", pa.dictionary(pa.int32(), pa.string())),
)


def damage_foot(random: Random, content: bytes) -> bytes:
    """The foot says what is where: its bytes lie."""
    (length,) = struct.unpack("<I", content[-8:-4]) if len(content) > 12 else (0,)
    begin = max(4, len(content) - 8 - length) if length < len(content) else 4
    return content[:begin] + random.choice((flip_bits, lie_in_a_number, overwrite_stretch))(random, content[begin:])


def write_otherwise(random: Random, content: bytes) -> bytes:
    """The same columns, one of them of another type."""
    try:
        rows = parquet.read_table(io.BytesIO(content)).slice(0, 1000)
    except Exception:
        return flip_bits(random, content)
    count = rows.num_rows
    value, kind = random.choice(PARQUET_COLUMNS)
    column = pa.array([value] * count, kind)
    if value == HALF_A_PAIR:
        column = column.view(pa.string())
    at = random.randrange(rows.num_columns)
    target = io.BytesIO()
    parquet.write_table(rows.set_column(at, rows.column_names[at], column), target)
    return target.getvalue()


def inside_gzip(random: Random, content: bytes) -> bytes:
    try:
        inner = gzip.decompress(content)
    except Exception:
        return flip_bits(random, content)
    rows = random.choice((*DOCUMENT, *ROWS, _lines(_record)))
    return gzip.compress(rows(random, inner), 1, mtime=0)


def _record(random: Random, lines: list[bytes]) -> None:
    at = random.randrange(len(lines))
    lines[at] = random.choice(DOCUMENT)(random, lines[at])


def append_gzip(random: Random, content: bytes) -> bytes:
    return content + random.choice((content, gzip.compress(bytes(50 << 20), 9, mtime=0), b"\0" * 100, b"trailing"))


STEPS: dict[str, tuple[Bytes, ...]] = {
    ".csv": ROWS,
    ".json": DOCUMENT,
    ".xml": XML,
    ".rels": XML,
    ".xlsx": WORKBOOK,
    ".ods": WORKBOOK,
    ".zip": ARCHIVE,
    ".parquet": (damage_foot, damage_foot, write_otherwise),
    ".gz": (inside_gzip, inside_gzip, append_gzip),
}
