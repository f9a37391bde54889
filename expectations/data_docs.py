"""Data Docs: a static site of check results, one page per table and an index, that needs no network.

The detail of each page is rendered by Great Expectations' own page renderer, from the validation results that
were stored when the table was checked, on whichever night that was. Its stock page loads styles and scripts
from several hosts, and its index stays empty without them: the frame of the pages and the index are made here.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from datetime import datetime
from html import escape
from itertools import count
from pathlib import Path
from typing import Any

from expectations.model import CheckResult
from expectations.runner import import_great_expectations

Document = dict[str, Any]

_KIND = {"contract": "Landing contract", "release_gate": "Release gate"}

# What a browser would fetch by itself on opening a page; links that a reader may click are not meant.
_REMOTE_RESOURCE = re.compile(
    r"<(?:script|link|img|iframe|source|object|embed)\b[^>]*(?:https?:)?//|@import|url\(\s*['\"]?(?:https?:)?//",
    re.IGNORECASE,
)

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 80rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.15rem; margin-top: 2rem; }
h5 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
table table { width: auto; }
th, td { border-bottom: 1px solid #8886; padding: .35rem .6rem; text-align: left; vertical-align: top; }
th { white-space: nowrap; }
td { overflow-wrap: anywhere; }
.pass, .text-success { color: #18794e; }
.fail, .text-danger { color: #c62a2f; }
.warn, .text-warning { color: #a35200; }
.pass, .fail, .warn { font-weight: 600; white-space: nowrap; }
.badge { background: #8883; border-radius: .25rem; padding: 0 .35rem; font: .85em ui-monospace, monospace; }
.fa-check-circle::before { content: "\\2714"; }
.fa-times::before { content: "\\2716"; }
.fa-exclamation-triangle::before { content: "\\26A0"; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; }
dt { color: #777; }
dd { margin: 0; }
@media (prefers-color-scheme: dark) {
  .pass, .text-success { color: #4cc38a; }
  .fail, .text-danger { color: #ff6369; }
  .warn, .text-warning { color: #ffa94d; }
}
"""


class RemoteResourceError(RuntimeError):
    """A page would make the browser fetch something from a host."""


def build_docs(documents: list[Document], target: Path) -> Path:
    """Write the site into `target` (made when absent) and return the path of its `index.html`.

    `documents` are those of `CheckedSuite`. Raises RemoteResourceError rather than write a page that is not
    self-contained.
    """
    pages = target / "validations"
    pages.mkdir(parents=True, exist_ok=True)
    render_detail = _detail_renderer()
    entries = []
    for document, name in zip(documents, _page_names(documents), strict=True):
        _write(pages / name, _validation_page(document, render_detail(document["validation"])))
        entries.append((document, f"validations/{name}"))
    index = target / "index.html"
    _write(index, _index_page(entries))
    return index


def _write(path: Path, page: str) -> None:
    remote = _REMOTE_RESOURCE.search(page)
    if remote:
        raise RemoteResourceError(f"{path.name} would load {page[remote.start() : remote.start() + 200]!r}")
    path.write_text(page, encoding="utf-8")


def _page_names(documents: list[Document]) -> Iterable[str]:
    """File names that are safe everywhere and differ."""
    taken: set[str] = set()
    for document in documents:
        parts = (document["kind"], document["dataset"], document["table_name"], document["release_id"])
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", "--".join(part for part in parts if part))[:180]
        name = next(name for n in count(1) if (name := f"{stem}{'' if n == 1 else f'-{n}'}.html") not in taken)
        taken.add(name)
        yield name


def _detail_renderer() -> Any:
    """Function from a stored validation result to the HTML of its sections, without the overview."""
    import_great_expectations()
    from great_expectations.core.expectation_validation_result import (
        expectationSuiteValidationResultSchema,
    )
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView
    from jinja2 import ChoiceLoader, DictLoader

    class SectionsView(DefaultJinjaPageView):
        _template = "sections.j2"

        def __init__(self) -> None:
            super().__init__()
            body = "{% for section in sections %}{% set section_loop = loop -%}{% include 'section.j2' %}{% endfor %}"
            assert self.env.loader is not None
            self.env.loader = ChoiceLoader([self.env.loader, DictLoader({"sections.j2": body})])

    renderer = ValidationResultsPageRenderer()
    view: Any = SectionsView()

    def render(validation: Document) -> str:
        stored = expectationSuiteValidationResultSchema.load(_escaped(validation))
        page = renderer.render(stored)
        page.sections = page.sections[1:]  # the overview: it links to pages of a fuller site
        return str(view.render(page))

    return render


def _escaped(validation: Document) -> Document:
    """Copy in which text from the data cannot act as markup: the renderer puts it into the page as it is."""
    safe = copy.deepcopy(validation)
    for outcome in safe["results"]:
        outcome["result"] = _escaped_text(outcome["result"])
        outcome["exception_info"] = _escaped_text(outcome["exception_info"])
    return safe


def _escaped_text(value: Any) -> Any:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, list):
        return [_escaped_text(item) for item in value]
    if isinstance(value, dict):
        return {key: _escaped_text(item) for key, item in value.items()}
    return value


def _results(document: Document) -> list[CheckResult]:
    return [CheckResult.from_dict(result) for result in document["results"]]


def _page(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en-GB"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>{body}</body></html>\n"
    )


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """`rows` are HTML already."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>"


def _status(result: CheckResult) -> str:
    if result.passed:
        return '<span class="pass">passed</span>'
    return '<span class="fail">failed</span>' if result.blocks else '<span class="warn">warning</span>'


def _suite_status(results: list[CheckResult]) -> str:
    failed = [result for result in results if not result.passed]
    worst = next((result for result in failed if result.blocks), failed[0] if failed else None)
    return _status(worst) if worst else '<span class="pass">passed</span>'


def _moment(document: Document) -> str:
    return f"{datetime.fromisoformat(document['checked_at']):%d %B %Y %H:%M} UTC"


def _title(document: Document) -> str:
    # Raw tables carry their dataset in their name; of the gate's suites several are about one table.
    suite = "" if document["dataset"] else f" ({document['validation']['suite_name'].replace('_', ' ')})"
    return f"{_KIND[document['kind']]}: {document['table_name']}{suite}"


def _validation_page(document: Document, detail: str) -> str:
    results = _results(document)
    passed = sum(result.passed for result in results)
    facts = {"Release": document["release_id"] or "the whole build", "Checked": _moment(document)}
    fact_list = "".join(f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>" for name, fact in facts.items())
    summary = _table(
        ("Status", "Check", "Expected", "Found", "Failing values"),
        (
            (
                _status(result),
                escape(result.check_name),
                escape(result.expected),
                escape(result.found),
                escape(result.sample_failing),
            )
            for result in results
        ),
    )
    return _page(
        _title(document),
        '<p><a href="../index.html">All checks</a></p>'
        f"<h1>{escape(_title(document))}</h1>"
        f"<p>{_suite_status(results)}: {passed} of {len(results)} checks passed</p>"
        f"<dl>{fact_list}</dl>{summary}<h2>Detail by Great Expectations</h2>{detail}",
    )


def _index_page(entries: list[tuple[Document, str]]) -> str:
    """Tables with failures first, then by kind and name."""
    judged = [(document, link, _results(document)) for document, link in entries]
    judged.sort(
        key=lambda entry: (
            not any(result.blocks for result in entry[2]),
            all(result.passed for result in entry[2]),
            entry[0]["kind"] == "contract",
            _title(entry[0]),
        )
    )
    checks = [result for _, _, results in judged for result in results]
    passed = sum(result.passed for result in checks)
    blocking = sum(result.blocks for result in checks)
    rows = (
        (
            _suite_status(results),
            f'<a href="{escape(link)}">{escape(_title(document))}</a>',
            escape(document["release_id"]),
            f"{sum(result.passed for result in results)} of {len(results)}",
            "<br>".join(escape(f"{result.check_name}: {result.found}") for result in results if not result.passed),
            _moment(document),
        )
        for document, link, results in judged
    )
    return _page(
        "Data Docs",
        "<h1>Data Docs</h1>"
        f"<p>{passed:,} of {len(checks):,} checks passed in {len(judged):,} tables; {blocking:,} failed, "
        f"{len(checks) - passed - blocking:,} gave a warning.</p>"
        + _table(("Status", "Table", "Release", "Passed", "Not passed", "Checked"), rows),
    )
