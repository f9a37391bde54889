"""The folder into which returns are dropped, as an origin: every run but a sample run looks into it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from sources.catalogue import Dataset
from sources.errors import NothingFoundError
from sources.origins import LONDON, Fetched, OriginSpec
from sources.release import Payload, PayloadFile
from sources.returns import ReturnError
from sources.returns.submission import Submission, read_submission

# What file systems and office programs leave behind; everything else in the folder is taken for a return.
PASSED_OVER = (".", "~$", "desktop.ini", "Thumbs.db", "README")


class ReturnsOrigin:
    """Files in one folder, oldest submission first. A file that is no good return is a problem of its own."""

    def __init__(self, folder: Path) -> None:
        self.spec, self.folder = OriginSpec("return", folder), folder

    def payloads(self, dataset: Dataset, scratch: Path) -> Iterator[Fetched]:
        paths = [path for path in self._files() if not path.name.startswith(PASSED_OVER)]
        if not paths:
            raise NothingFoundError(
                publisher=dataset.publisher,
                dataset=dataset.dataset,
                where=str(self.folder),
                expected="returns of the combined authority",
                found="none",
                action="Write a template with `outcomes returns template`; what landed before is still served.",
            )
        submissions: list[tuple[dt.date, float, str, Submission]] = []
        for path in paths:
            if path.is_symlink():
                # Whoever may write here could have any file read that this process can read.
                yield ReturnError([f"returns/{path.name}: this is a link; put the file itself here"])
                continue
            try:
                # No bytes of a refused file are kept: what is wrong with it may be that it names a person.
                submission = read_submission(path, f"returns/{path.name}", dt.datetime.now(LONDON).date())
            except ReturnError as error:
                yield error
            else:
                submissions.append((submission.submitted_at, path.stat().st_mtime, path.name, submission))
        for number, (*_, submission) in enumerate(sorted(submissions, key=lambda item: item[:3])):
            yield payload_of(submission, scratch / str(number))

    def _files(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if path.is_file()) if self.folder.is_dir() else []


def payload_of(submission: Submission, folder: Path) -> Payload:
    """What is landed of a return: its checked figures, under the return's name (a file's name may be a person's)."""
    folder.mkdir(parents=True, exist_ok=True)
    form = submission.form
    path = folder / f"{form.id}.csv"
    path.write_bytes(submission.content)
    url = f"returns/{form.id}"
    return Payload(
        dataset="lcrca_returns",
        part=form.id,
        title=f"Return: {form.title}",
        url=url,
        files=(PayloadFile(path.name, path, url, media_type="text/csv"),),
        published_at=submission.submitted_at,
        origin="return",
        retrieved_at=dt.datetime.now(dt.UTC),
        citation=(
            f"Submitted by {submission.submitted_by} on {submission.submitted_at}; "
            f"SHA-256 of the file as handed in {submission.sha256}"
        ),
    )
