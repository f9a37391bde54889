"""Network Rail: a small timetable in the shape of the SCHEDULE feed. No feed was at hand: all trains are invented."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sources.sample.carry.files import SampleFile
from sources.sample.carry.nomis import ILLUSTRATIVE_CITATION, ILLUSTRATIVE_NOTE, NOT_A_RELEASE

# Station code -> place in the timetable (invented, but for its look) and minutes from Liverpool (invented).
STATIONS = {
    "LIV": ("LIVSMPL", 0),
    "LPY": ("LPYSMPL", 10),
    "BHM": ("BHMSMPL", 100),
    "BRI": ("BRISMPL", 200),
    "BPW": ("BPWSMPL", 190),
    "LDS": ("LDSSMPL", 90),
    "MAN": ("MANSMPL", 40),
    "MCV": ("MCVSMPL", 50),
    "MCO": ("MCOSMPL", 40),
    "NCL": ("NCLSMPL", 180),
    "NOT": ("NOTSMPL", 150),
    "SHF": ("SHFSMPL", 100),
    "CDF": ("CDFSMPL", 200),
    "GLC": ("GLCSMPL", 200),
    "EUS": ("EUSSMPL", 130),
}
ROUTES = (
    ("LIV", "LPY", "BHM"),
    ("LIV", "MCV", "LDS", "NCL"),
    ("LIV", "LPY", "MCO", "MAN", "SHF", "NOT"),
    ("LIV", "EUS"),
)
HOURS = range(5, 23)
Call = dict[str, str | None]


def sample_files(published: Path) -> list[SampleFile]:
    """Two trains an hour on each of four routes."""
    del published
    schedules = [
        schedule(f"X{route}{hour:02d}{minute:02d}", calls(stations, 60 * hour + minute))
        for route, stations in enumerate(ROUTES)
        for hour in HOURS
        for minute in (0, 30)
    ]
    return [
        SampleFile(
            dataset="network_rail_timetable",
            file="network_rail/toc-full.illustrative.json.gz",
            basis="illustrative",
            published=NOT_A_RELEASE,
            kind="excerpt",
            url="https://publicdatafeeds.networkrail.co.uk/ntrod/CifFileAuthenticate",
            citation=ILLUSTRATIVE_CITATION.replace("reply", "feed"),
            note=ILLUSTRATIVE_NOTE,
            content=feed(schedules),
        )
    ]


def feed(schedules: Iterable[Any], *, extracted: dt.date = NOT_A_RELEASE, ended: bool = True) -> bytes:
    """Header, places, schedules and the last record, one on each line, gzipped without a clock."""
    stamp = dt.datetime.combine(extracted, dt.time(1), tzinfo=dt.UTC)
    records: list[Any] = [{"JsonTimetableV1": {"classification": "public", "timestamp": int(stamp.timestamp())}}]
    records += [{"TiplocV1": {"tiploc_code": place, "crs_code": code}} for code, (place, _) in STATIONS.items()]
    records += [{"TiplocV1": {"tiploc_code": "JUNCTION", "crs_code": None}}]
    records += [{"JsonScheduleV1": item} for item in schedules] + ([{"EOF": True}] if ended else [])
    text = "".join(f"{json.dumps(record)}\n" for record in records)
    target = io.BytesIO()
    with gzip.GzipFile(fileobj=target, mode="wb", mtime=0) as zipped:
        zipped.write(text.encode())
    return target.getvalue()


def calls(stations: Sequence[str], leaves: int) -> list[Call]:
    """Public times of a train that leaves the first station so many minutes after midnight."""
    start = STATIONS[stations[0]][1]
    found: list[Call] = [{"tiploc_code": "JUNCTION", "pass": "0000H"}]
    for station in stations:
        place, minutes = STATIONS[station]
        at = _clock(leaves + minutes - start)
        found.append({"tiploc_code": place, "public_arrival": at, "public_departure": at})
    found[1]["public_arrival"] = None
    found[-1]["public_departure"] = None
    return found


def schedule(train: str, locations: list[Call] | None, **changed: Any) -> dict[str, Any]:
    said = {
        "CIF_train_uid": train,
        "CIF_stp_indicator": "P",
        "schedule_days_runs": "1111100",
        "schedule_start_date": "2025-12-14",
        "schedule_end_date": "2026-05-16",
        "train_status": "P",
        "transaction_type": "Create",
        "schedule_segment": {"schedule_location": locations} if locations is not None else {},
    }
    return said | changed


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}{minutes % 60:02d}"
