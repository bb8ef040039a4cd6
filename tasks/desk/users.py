"""Users of the desk: who a person is, and his role.

May touch: sql. Tests: tests/integration/desk/test_desk_sign_in.py.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from sql import schema
from tasks.domain.errors import RelanceError
from tasks.domain.rights import DEFAULT_ROLE, ROLES

MOST_OF_ONE_ADDRESS = 5  # users who share a mailbox


class UserError(RelanceError):
    """A user or a role that does not exist; the message says what to do."""


@dataclass(frozen=True)
class User:
    """A person of the firm.

    Attributes:
        user_id, email, role: as stored; a user without a role is staff.
        name: first and last name, or the address.
    """

    user_id: str
    email: str
    role: str
    name: str


def find_user(connection: Connection, user_id: str) -> User | None:
    """The user with this id."""
    u = schema.users
    row = connection.execute(select(u).where(u.c.user_id == user_id)).one_or_none()
    return None if row is None else _user(row)


def get_user(connection: Connection, user_id: str) -> User:
    """The user with this id.

    Raises:
        UserError: there is none.
    """
    user = find_user(connection, user_id)
    if user is None:
        raise UserError(f"There is no user {user_id}. `relance import users` brings users in.")
    return user


def users_with_address(connection: Connection, email: str) -> list[User]:
    """The users who read this mailbox."""
    u = schema.users
    wanted = select(u).where(func.lower(u.c.email) == email.strip().lower()).order_by(u.c.user_id)
    return [_user(row) for row in connection.execute(wanted.limit(MOST_OF_ONE_ADDRESS))]


def list_users(connection: Connection) -> list[User]:
    """All users, by name."""
    u = schema.users
    return sorted((_user(row) for row in connection.execute(select(u))), key=lambda user: user.name.casefold())


def set_role(connection: Connection, user_id: str, role: str) -> None:
    """Give a user a role.

    Raises:
        UserError: there is no such user, or no such role.
    """
    if role not in ROLES:
        raise UserError(f"{role!r} is no role; the roles are {', '.join(ROLES)}.")
    u = schema.users
    if connection.execute(update(u).where(u.c.user_id == user_id).values(role=role)).rowcount == 0:
        raise UserError(f"There is no user {user_id}. `relance import users` brings users in.")


def _user(row: Row[Any]) -> User:
    name = " ".join(part for part in (row.first_name, row.last_name) if part)
    role = row.role if row.role in ROLES else DEFAULT_ROLE
    return User(row.user_id, row.email, role, name or row.email)
