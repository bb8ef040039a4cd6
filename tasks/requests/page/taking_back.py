"""A client takes back a file of an item that is not accepted yet.

The row goes before the file: a server that dies between the two leaves a file without a row, which `sweep` removes.
May touch: sql. Tests: tests/integration/web/test_page_uploads.py.
"""

from sqlalchemy import Connection, and_, delete, select, update

from sql import schema
from tasks.domain.requests.completion import ACCEPTED, OPEN, RECEIVED
from tasks.domain.requests.values import AnswerError
from tasks.requests.answers import put_off_rendered
from tasks.requests.documents import INFECTED
from tasks.requests.history import FILE_REMOVED, note
from tasks.requests.page.save import Act, open_item


def remove_document(connection: Connection, act: Act, key: str, document_id: int) -> str | None:
    """Take back one file of an item that is not accepted; returns where it is kept, for removal after the commit.

    Raises:
        AnswerError: nothing can be changed any more.
    """
    item = open_item(act, key)
    if item.status == ACCEPTED:
        raise AnswerError("it is accepted already", "accepted_already")
    link, d, i = act.page.link, schema.documents, schema.request_items
    this = and_(d.c.document_id == document_id, d.c.task_id == link.task_id, d.c.step == link.step, d.c.item == key)
    row = connection.execute(select(d.c.path, d.c.name, d.c.sha256).where(this, d.c.scan != INFECTED)).one_or_none()
    if row is None:
        return None
    connection.execute(delete(d).where(this))
    if item.status == RECEIVED and len(item.files) - 1 < item.min_files:
        its = and_(i.c.task_id == link.task_id, i.c.subtask == link.step, i.c.key == key)
        connection.execute(update(i).where(its).values(status=OPEN, answered_on=None, source=None, expires_on=None))
        reopen_request(connection, act)
    put_off_rendered(connection, link.task_id, link.step)
    note(connection, FILE_REMOVED, act.place(key), act.now, name=row.name, sha256=row.sha256)
    return str(row.path)


def reopen_request(connection: Connection, act: Act) -> None:
    """A request of which an answer was taken back is not complete any more; it is reminded of from today on."""
    s, link = schema.follow_up_subtasks, act.page.link
    this = and_(s.c.task_id == link.task_id, s.c.key == link.step, s.c.completed_on.is_not(None))
    reopened = {"completed_on": None, "status": OPEN, "remind_on": act.today}
    connection.execute(update(s).where(this).values(reopened))
