"""Writes the bundled sample: `python -m sources.sample.generate --published DIR` (the real published files).

Same published files in, same bytes out: nothing in a sample file depends on the clock or the machine.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml

from sources.sample.carry import (
    charity_commission,
    data_gov_uk,
    dbt_uk,
    dcms,
    defra,
    desnz,
    dfe,
    dft,
    hesa,
    hmrc,
    ipo,
    lcrca,
    mhclg,
    network_rail,
    nomis,
    ofcom,
    ohid,
    ons,
    orr,
    ukri,
    voa,
)
from sources.sample.carry.files import SampleFile

SAMPLE_DIR = Path(__file__).parent
INDEX = "index.yml"
INDEX_HEAD = """\
# What lies in this sample. Written by `python -m sources.sample.generate`: change the generator, not this.
# basis: published = every figure was published (see citation) · illustrative = every figure is invented.
# kind: whole = the areas the loader expects: home authorities, members of combined authorities, England where
#   published · excerpt = fewer areas · reconstructed = published values set in the publisher's format.
"""


class _PlainDumper(yaml.SafeDumper):
    """Repeats a value where YAML would refer to it by an anchor."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def sample_files(published: Path) -> list[SampleFile]:
    """Every file of the sample, from the real published files in `published`."""
    return [
        *ons.sample_files(published),
        *nomis.sample_files(published),
        *desnz.sample_files(published),
        *ofcom.sample_files(published),
        *dft.sample_files(published),
        *orr.sample_files(published),
        *mhclg.sample_files(published),
        *lcrca.sample_files(published),
        *dfe.sample_files(published),
        *defra.sample_files(published),
        *ohid.sample_files(published),
        *ukri.sample_files(published),
        *voa.sample_files(published),
        *data_gov_uk.sample_files(published),
        *charity_commission.sample_files(published),
        *network_rail.sample_files(published),
        *hmrc.sample_files(),
        *dcms.sample_files(published),
        *dbt_uk.sample_files(),
        *ipo.sample_files(),
        *hesa.sample_files(published),
    ]


def index_text(files: list[SampleFile]) -> str:
    datasets: dict[str, list[dict[str, Any]]] = {}
    for file in files:
        entry = {
            "file": file.file,
            "part": file.part,
            "basis": file.basis,
            "published": file.published,
            "kind": file.kind,
            "url": file.url,
            "citation": file.citation,
            "note": file.note,
        }
        datasets.setdefault(file.dataset, []).append(entry)
    body = yaml.dump({"datasets": datasets}, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=110)
    return INDEX_HEAD + body


def write_sample(published: Path, target: Path) -> list[SampleFile]:
    files = sample_files(published)
    for file in files:
        path = target / file.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    (target / INDEX).write_text(index_text(files), encoding="utf-8")
    return files


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m sources.sample.generate", description=__doc__)
    parser.add_argument("--published", type=Path, required=True, metavar="DIR", help="folder of real published files")
    parser.add_argument("--target", type=Path, default=SAMPLE_DIR, metavar="DIR", help="where to write")
    options = parser.parse_args(arguments)
    if not (options.published / "mirror.yml").is_file():
        parser.error(f"no mirror.yml in {options.published}: not a folder of published files")
    for file in write_sample(options.published, options.target):
        sys.stdout.write(f"{len(file.content):>9,}  {file.basis:<12}  {file.file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
