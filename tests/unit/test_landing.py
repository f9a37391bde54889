"""The landing zone never loses or changes what it holds, wherever a process dies."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

from sources.landing import Landing
from sources.release import Payload, PayloadFile, describe


def payload(
    folder: Path, content: bytes, *, published: dt.date | None = dt.date(2026, 1, 14), **fields: str
) -> Payload:
    folder.mkdir(exist_ok=True)
    path = folder / "things.csv"
    path.write_bytes(content)
    return Payload(
        dataset="toy_things",
        part=fields.get("part", ""),
        title="Things",
        url="https://example.org/things.csv",
        files=(PayloadFile("things.csv", path, "https://example.org/things.csv", etag='"v1"'),),
        published_at=published,
        origin=fields.get("origin", "live"),  # type: ignore[arg-type]
        retrieved_at=dt.datetime(2026, 1, 15, 3, tzinfo=dt.UTC),
    )


def land(landing: Landing, item: Payload) -> str:
    release = landing.store(item)
    landing.commit(release)
    return release.release_id


def test_bytes_are_kept_as_published_under_their_hash(tmp_path: Path) -> None:
    landing = Landing(tmp_path / "landing")
    release_id = land(landing, payload(tmp_path / "in", b"a,b\n1,2\n"))
    (release,) = landing.releases(sample=False)
    assert release.release_id == release_id
    assert landing.path(release.files[0].path).read_bytes() == b"a,b\n1,2\n"
    assert release.files[0].sha256 in release.files[0].path
    assert release.published_at_basis == "publisher"


def test_same_content_is_found_again_and_lands_once(tmp_path: Path) -> None:
    landing = Landing(tmp_path / "landing")
    land(landing, payload(tmp_path / "in", b"a,b\n1,2\n"))
    stored = landing.path(landing.releases(sample=False)[0].files[0].path)
    before = stored.stat().st_mtime_ns
    again = landing.store(payload(tmp_path / "in", b"a,b\n1,2\n"))
    assert landing.find(again) is not None
    assert stored.stat().st_mtime_ns == before


def test_new_content_is_a_new_release_beside_the_old_one(tmp_path: Path) -> None:
    landing = Landing(tmp_path / "landing")
    land(landing, payload(tmp_path / "in", b"old"))
    land(landing, payload(tmp_path / "in", b"new", published=dt.date(2026, 2, 14)))
    contents = [landing.path(r.files[0].path).read_bytes() for r in landing.releases(sample=False)]
    assert contents == [b"old", b"new"]


def test_bytes_without_ledger_row_are_no_release(tmp_path: Path) -> None:
    landing = Landing(tmp_path / "landing")
    landing.store(payload(tmp_path / "in", b"a,b\n1,2\n"))  # and then the process dies
    assert landing.releases(sample=False) == []
    assert land(Landing(tmp_path / "landing"), payload(tmp_path / "in", b"a,b\n1,2\n"))


def test_torn_last_row_is_passed_over_and_the_next_row_is_whole(tmp_path: Path) -> None:
    landing = Landing(tmp_path / "landing")
    first = land(landing, payload(tmp_path / "in", b"one"))
    with landing.ledger_path.open("ab") as ledger:
        ledger.write(b'{"outcome": "landed", "release_id": "toy_thi')  # killed while appending
    reopened = Landing(tmp_path / "landing")
    assert [r.release_id for r in reopened.releases(sample=False)] == [first]
    second = land(reopened, payload(tmp_path / "in", b"two"))
    assert [r.release_id for r in Landing(tmp_path / "landing").releases(sample=False)] == [first, second]


def test_sample_and_everything_else_never_mix(tmp_path: Path) -> None:
    landing = Landing(tmp_path / "landing")
    live = land(landing, payload(tmp_path / "in", b"one"))
    sample = land(landing, payload(tmp_path / "in", b"two", origin="sample"))
    assert [r.release_id for r in landing.releases(sample=False)] == [live]
    assert [r.release_id for r in landing.releases(sample=True)] == [sample]


def test_refused_bytes_are_kept_apart_with_the_reason(tmp_path: Path) -> None:
    landing = Landing(tmp_path / "landing")
    landing.record_rejected(payload(tmp_path / "in", b"<html>"), "expected CSV; found HTML")
    assert landing.releases(sample=False) == []
    (row,) = landing.rows()
    assert (row["outcome"], row["message"]) == ("rejected", "expected CSV; found HTML")
    (kept,) = (landing.root / "rejected" / "toy_things").iterdir()
    assert kept.read_bytes() == b"<html>"


def test_conditional_requests_use_what_was_accepted(tmp_path: Path) -> None:
    landing = Landing(tmp_path / "landing")
    url = "https://example.org/things.csv"
    landing.record_rejected(payload(tmp_path / "in", b"bad"), "no")
    assert landing.validators("toy_things", url) == (None, None)
    land(landing, payload(tmp_path / "in", b"good"))
    assert landing.validators("toy_things", url) == ('"v1"', None)
    assert landing.validators("toy_other", url) == (None, None)


def test_same_bytes_with_a_new_etag_are_asked_for_by_the_new_one(tmp_path: Path) -> None:
    landing = Landing(tmp_path / "landing")
    item = payload(tmp_path / "in", b"good")
    land(landing, item)
    again = describe(replace(item, files=(replace(item.files[0], etag='"v2"'),)))
    landing.record_unchanged(
        landing.releases(sample=False)[0], retrieved_at=item.retrieved_at, how="same hash", fetched=again
    )
    assert landing.validators("toy_things", "https://example.org/things.csv") == ('"v2"', None)


def test_unknown_release_date_falls_back_to_retrieval_and_says_so(tmp_path: Path) -> None:
    landing = Landing(tmp_path / "landing")
    land(landing, payload(tmp_path / "in", b"one", published=None))
    (release,) = landing.releases(sample=False)
    assert (release.published_at, release.published_at_basis) == (dt.date(2026, 1, 15), "retrieved")


def test_ledger_is_json_lines(tmp_path: Path) -> None:
    landing = Landing(tmp_path / "landing")
    land(landing, payload(tmp_path / "in", b"one"))
    landing.record_failed("toy_things", "no answer")
    rows = [json.loads(line) for line in landing.ledger_path.read_text().splitlines()]
    assert [row["outcome"] for row in rows] == ["landed", "failed"]
    wanted = {"dataset", "url", "published_at", "retrieved_at", "sha256", "basis", "files"}
    assert wanted <= set(rows[0])
    assert {"etag", "last_modified", "bytes", "media_type"} <= set(rows[0]["files"][0])
