"""A recipient's address as it is now, whether a relation or a user.

May touch: SQLAlchemy. Tests: tests/integration/mail/test_providers.py.
"""

from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from sql import schema
from tasks.domain.mail.keys import USER


def current_address() -> ColumnElement[Any]:
    """The address of a row of `messages` in an UPDATE or a SELECT of that table; NULL if the recipient is gone."""
    m, r, u = schema.messages.c, schema.relations.c, schema.users.c
    of_user = select(u.email).where(u.user_id == m.recipient_id).scalar_subquery()
    of_relation = select(r.email).where(r.relation_id == m.recipient_id).scalar_subquery()
    return func.coalesce(m.fixed_email, case((m.recipient_kind == USER, of_user), else_=of_relation))
