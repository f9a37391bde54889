"""The combined authority's own returns: invented, to show the way from a form to the mart."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

from sources.returns import load_returns
from sources.returns.submission import read_submission
from sources.sample.carry.files import SampleFile, csv_file
from sources.sample.carry.published import HOME_NAME

INVENTED_ON = dt.date(2026, 1, 1)
LANDING_PAGE = "https://www.liverpoolcityregion-ca.gov.uk/"
SUBMITTED_BY = "Performance team (illustrative)"
# Round multiples of one scale, so that nobody takes them for figures.
CENTRES = {"Birkenhead": ("Wirral", 200_000), "Southport": ("Sefton", 100_000), "Widnes": ("Halton", 100_000)}
SERVICES = {"commuter": 100_000, "river explorer": 200_000, "special": 10_000}
MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
QUARTERS = ["Jan-Mar 2025", "Apr-Jun 2025", "Jul-Sep 2025", "Oct-Dec 2025"]


def sample_files(published: Path) -> list[SampleFile]:
    del published  # no open series exists: that is why there are returns
    return [footfall(), ferry_patronage()]


def footfall() -> SampleFile:
    rows: list[tuple[object, ...]] = []
    for number, month in enumerate(MONTHS, start=1):
        rows.append((month, HOME_NAME, "All", 1_000_000 * number, ""))
        rows += [(month, area, centre, scale * number, "") for centre, (area, scale) in CENTRES.items()]
    return _sample_file("footfall", rows, "twelve months of 2025, all centres and three of them")


def ferry_patronage() -> SampleFile:
    rows: list[tuple[object, ...]] = []
    for number, quarter in enumerate(QUARTERS, start=1):
        rows.append((quarter, "All", sum(SERVICES.values()) * number, ""))
        rows += [(quarter, service, scale * number, "") for service, scale in SERVICES.items()]
    return _sample_file("ferry_patronage", rows, "four quarters of 2025 by kind of service")


def _sample_file(return_id: str, rows: list[tuple[object, ...]], note: str) -> SampleFile:
    """What would be landed of the form filled in with these rows: the same reading as of a real one."""
    form = load_returns()[return_id]
    head = [("return", return_id), ("submitted_by", SUBMITTED_BY), ("submitted_at", INVENTED_ON.isoformat())]
    filled = csv_file([*head, [column.name for column in form.columns], *rows])
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{return_id}.csv"
        path.write_bytes(filled)
        content = read_submission(path, path.name, INVENTED_ON).content
    return SampleFile(
        dataset="lcrca_returns",
        file=f"lcrca/{return_id}.illustrative.csv",
        part=return_id,
        basis="illustrative",
        published=INVENTED_ON,
        kind="whole",
        url=LANDING_PAGE,
        citation=f"none: invented figures in the form of the return {form.title!r}",
        note=f"{note}; as landed from a filled-in form",
        content=content,
    )
