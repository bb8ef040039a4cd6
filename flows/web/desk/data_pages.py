"""Data at the desk: the quality review with its trend, and the rows that were not imported.

May touch: tasks/desk. Tests: tests/integration/desk/test_desk_data.py.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from flows.web.context import Web
from flows.web.desk.labels import field_labels
from flows.web.desk.typed import key_of
from flows.web.desk.visit import act_of, desk_notice, desk_page, do, visit_of
from tasks.desk.acts import IMPORT
from tasks.desk.imports import KEY, files_in_quarantine, read_quarantine
from tasks.desk.quality import read_gaps, read_review
from tasks.desk.users import list_users
from tasks.domain.definitions.kinds import KIND_NAMES
from tasks.translations import problem_in, read_words

BROKEN = 503


def show_quality(web: Web, request: Request) -> Response:
    """GET /desk/quality."""
    owner = request.query_params.get("owner") or None
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
        review = read_review(connection, owner)
        gaps = read_gaps(connection, owner, key_of(request.query_params.get("after", "")))
        users = list_users(connection)
    asked = {"owner": owner} if owner else {}
    return desk_page(
        web,
        visit,
        "quality.html",
        here="data",
        tab="quality",
        heading=visit.words["data"]["quality"],
        review=review,
        gaps=gaps,
        users=users,
        owner=owner,
        labels=_criteria(visit.language),
        fields=field_labels(web, visit.language),
        following=gaps.next and f"?{urlencode(asked | {'after': f'{gaps.next[0]}_{gaps.next[1]}'})}",
    )


def _criteria(language: str) -> Mapping[str, Any]:
    """What criteria are called: of everyone by name, of a field with FIELD in place of it."""
    quality: Mapping[str, Any] = read_words(language)["quality"]
    return quality


def show_quarantine(web: Web, request: Request) -> Response:
    """GET /desk/quarantine."""
    asked = {name: value for name, value in request.query_params.items() if name in ("kind", "file") and value}
    with web.store.begin(only_reads=True) as connection:
        visit = visit_of(web, connection, request)
        after = _after(request.query_params.get("after", ""))
        page = read_quarantine(connection, asked.get("kind"), asked.get("file"), after)
        files = files_in_quarantine(connection)
    words = read_words(visit.language)
    rows = [{**row, "says": problem_in(row["problem"], words)} for row in page.rows]
    return desk_page(
        web,
        visit,
        "quarantine.html",
        here="data",
        tab="quarantine",
        heading=visit.words["data"]["quarantine"],
        rows=rows,
        files=files,
        kinds=KIND_NAMES,
        asked=dict.fromkeys(("kind", "file"), "") | asked,
        following=page.next and f"?{urlencode(asked | {'after': json.dumps(page.next)})}",
    )


def _after(written: str) -> list[Any] | None:
    """The key of a row, as an address has it; None if it is none."""
    try:
        key = json.loads(written)
    except ValueError:
        return None
    is_key = isinstance(key, list) and len(key) == len(KEY) and isinstance(key[-1], int)
    return key if is_key and all(isinstance(part, str) for part in key[:-1]) else None


def export_quarantine(web: Web, request: Request, fields: Mapping[str, str]) -> Response:
    """POST /desk/quarantine: all of them as files to correct and import again."""
    visit = act_of(web, request, fields, "export")
    done = do(web, visit, "export", (IMPORT, "quarantine"), "data.export_quarantine")
    if done.problem is not None:
        return desk_notice(web, visit, "gone", BROKEN)
    headers = {"Content-Disposition": 'attachment; filename="quarantine.zip"'}
    return Response(done.answer, media_type="application/zip", headers=headers)
