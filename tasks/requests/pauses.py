"""Pauses: a relation that gets no reminders for a while (K2). What is due then is put off, not dropped.

May touch: sql. Tests: tests/integration/requests/test_relation_pauses.py, on both databases.
"""

from datetime import date

import pandas as pd
from sqlalchemy import delete, insert, select

from sql import schema
from sql.store import Store
from tasks.domain import frames
from tasks.domain.requests.values import AnswerError
from tasks.spelling import as_stored


def pause_relation(store: Store, relation_id: str, until: date | None, as_of: date) -> None:
    """Send a relation no reminders, up to and including a day, or until `resume_relation`; replaces an earlier pause.

    Raises:
        AnswerError: there is no such relation, or that day is over.
    """
    if until is not None and until < as_of:
        raise AnswerError(f"{until} is over: give a day from {as_of} on.")
    z = schema.reminder_pauses
    found = _find(store, relation_id)
    with store.begin() as connection:
        connection.execute(delete(z).where(z.c.relation_id == found))
        connection.execute(insert(z).values(relation_id=found, paused_on=as_of, until_on=until))


def resume_relation(store: Store, relation_id: str) -> bool:
    """End a relation's pause; return whether there was one.

    Raises:
        AnswerError: there is no such relation.
    """
    z = schema.reminder_pauses
    found = _find(store, relation_id)
    with store.begin() as connection:
        return connection.execute(delete(z).where(z.c.relation_id == found)).rowcount > 0


def paused_until(store: Store, as_of: date) -> dict[str, date | None]:
    """The relations that are paused on a day, with the last day of the pause; None if a person has to end it."""
    z = schema.reminder_pauses.c
    with store.begin(only_reads=True) as connection:
        rows = connection.execute(select(z.relation_id, z.until_on)).all()
    return {row.relation_id: row.until_on for row in rows if row.until_on is None or row.until_on >= as_of}


def _find(store: Store, relation_id: str) -> str:
    found = str(as_stored(store, "relations", pd.Series([relation_id], dtype=frames.TEXT)).iloc[0])
    r = schema.relations.c
    with store.begin(only_reads=True) as connection:
        if connection.execute(select(r.relation_id).where(r.relation_id == found)).first() is None:
            raise AnswerError(f"There is no relation {relation_id}.")
    return found
