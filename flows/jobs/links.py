"""Links to the pages of a task's requests.

May touch: flows/home, tasks/requests. Tests: tests/integration/web/test_page_links.py.
"""

from typing import Any

from sqlalchemy import and_, exists, func, select

from flows.home.clock import now
from flows.home.errors import SettingsError
from flows.home.settings import Settings
from sql import schema
from sql.store import Store, iso
from tasks.domain.definitions.firm import CLOSED_STATUSES
from tasks.open_tasks import find_open_task
from tasks.requests.page.fillers import page_url
from tasks.requests.page.links import Asked, last_days, revoke, tokens_of
from tasks.requests.recipients import list_recipients


def list_links(settings: Settings, store: Store, task_id: int) -> list[dict[str, Any]]:
    """The links of a task's requests: step, recipient_id, url, expires_on; one that does not exist is made.

    Raises:
        TaskError: there is no such open task.
        SettingsError: the firm has no page.
    """
    base = settings.firm.web.base
    if base is None:
        raise SettingsError("firm.yaml: web.url is missing: the address under which clients reach the page.")
    asked = [Asked(task_id, row["step"], row["recipient_id"]) for row in list_recipients(store, task_id)]
    with store.begin() as connection:
        find_open_task(connection, task_id)
        tokens = tokens_of(connection, asked, settings.web_key(), now(), is_mailed=False)
        until = last_days(connection, list(tokens.values()))
    return [
        {
            "step": one.step,
            "recipient_id": one.recipient_id,
            "url": page_url(base, token),
            "expires_on": iso(until[token]),
        }
        for one, token in tokens.items()
    ]


def revoke_links(store: Store, task_id: int) -> int:
    """Revoke the links of a task; returns their number."""
    with store.begin() as connection:
        return revoke(connection, task_id, now())


def link_per_language(settings: Settings, store: Store) -> dict[str, str]:
    """The link of one open request in each language, for the demo."""
    t, s, r, i = schema.follow_up_tasks.c, schema.follow_up_subtasks.c, schema.relations.c, schema.request_items.c
    language = func.coalesce(r.language, settings.firm.language)
    asked = (
        select(language, func.min(t.task_id))
        .join_from(schema.follow_up_tasks, schema.relations, r.relation_id == t.relation_id)
        .join(schema.follow_up_subtasks, and_(s.task_id == t.task_id, s.kind == "request", s.status == "open"))
        .where(t.status.not_in(CLOSED_STATUSES), exists().where(i.task_id == t.task_id))
        .group_by(language)
        .order_by(language)
    )
    with store.begin(only_reads=True) as connection:
        tasks = connection.execute(asked).all()
    return {found[0]: list_links(settings, store, found[1])[0]["url"] for found in tasks}
