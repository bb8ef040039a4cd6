"""Data Docs: Great Expectations' own page on its results, with counts and without any value (Q5).

The page is made by GX's renderers from the results that `validate(…, keep=…)` passes on, so nothing is checked twice.
As rendered it loads sixteen external resources; these are removed, so that it opens offline and contacts nobody.
May touch: great_expectations (imported late), one folder. Tests: tests/integration/reporting/test_data_docs.py.
"""

import logging
from collections.abc import Sequence
from functools import cache
from typing import Any

import nh3

FOLDER = "data-docs"
PAGE = "index.html"
HEADINGS, LISTS, TABLES = (
    {"h1", "h2", "h3", "h4", "h5"},
    {"li", "ol", "ul"},
    {"table", "tbody", "td", "th", "thead", "tr"},
)
TEXT = {"a", "b", "br", "code", "div", "em", "hr", "i", "p", "pre", "small", "span", "strong"}
TAGS = frozenset(HEADINGS | LISTS | TABLES | TEXT)
# Removed with what is in them: scripts and what they would open, and the footer with an invitation to a newsletter.
REMOVED = frozenset({"button", "footer", "iframe", "nav", "noscript", "script", "style", "title"})
ATTRIBUTES = {"*": {"class", "id", "data-toggle"}, "a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan"}}
# Replaces the removed style sheets, as far as a page that is read and printed needs them.
STYLE = """<style>
body { margin: 24px auto; max-width: 1020px; padding: 0 18px; color: #1d2b26; }
body { font: 14px/1.5 system-ui, Arial, sans-serif; }
table { border-collapse: collapse; width: 100%; margin: 6px 0 14px; }
th, td { text-align: left; padding: 5px 10px 5px 0; border-bottom: 1px solid #dfe4e0; vertical-align: top; }
h1, h2, h3, h4, h5 { font-family: Georgia, serif; color: #1f5a4c; margin: 18px 0 6px; }
ul { padding-left: 18px; margin: 4px 0; }
.modal, .navbar, .cooltip, .sticky, .card, [data-toggle="collapse"] { display: none; }
i.fas::before { font: 700 14px system-ui, Arial, sans-serif; }
i.text-success::before { content: "\\2713"; } i.text-danger::before { content: "\\2717"; }
.badge { border: 1px solid #dfe4e0; border-radius: 3px; padding: 0 4px; }
.text-danger { color: #9c2b1f; } .text-success { color: #1f5a4c; }
tr { break-inside: avoid; } thead { display: table-header-group; }
@page { size: A4; margin: 16mm 14mm; }
</style>"""


def render_data_docs(results: Sequence[Any]) -> str | None:
    """Render one page of results; None if there are none, or if rendering fails.

    A failure never stops a run: it is logged with the type of the error only (Q5).

    Args:
        results: what `tasks.validation.validate` passed to `keep`, in a nightly run or an import.
    """
    if not results:
        return None
    try:
        return _whole([_page(result) for result in results])
    except Exception as fault:  # noqa: BLE001 - an error in the library's pages must not stop a run
        logging.getLogger(__name__).warning("The Data Docs could not be made: %s.", type(fault).__name__)
        return None


def _page(result: Any) -> str:
    """What GX's page on one suite's results says, sanitised."""
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    html: str = _view().render(ValidationResultsPageRenderer().render(result))
    return nh3.clean(
        html,
        tags=set(TAGS),
        clean_content_tags=set(REMOVED),
        attributes=ATTRIBUTES,
        attribute_filter=_only_within_the_page,
        link_rel=None,
    )


def _only_within_the_page(_tag: str, attribute: str, value: str) -> str | None:
    """Keep an attribute's value; links to other pages, which do not exist here, lose theirs."""
    return None if attribute == "href" and not value.startswith("#") else value


@cache
def _view() -> Any:
    """GX's view: it compiles twenty templates, once a process rather than once a page."""
    from great_expectations.render.view import view

    return view.DefaultJinjaPageView()


def _whole(bodies: Sequence[str]) -> str:
    head = f'<head><meta charset="utf-8"><title>Data Docs</title>{STYLE}</head>'
    return f'<!DOCTYPE html>\n<html lang="en">{head}<body>\n{"<hr>".join(bodies)}\n</body></html>\n'
