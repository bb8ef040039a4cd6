"""Links for one-click unsubscribe: derived from a message and its address, so that nothing of them is stored.

May touch: sql. Tests: tests/integration/web/test_unsubscribe.py.
"""

from sqlalchemy import Connection, select

from sql import schema
from tasks.domain.requests.tokens import derive_token, is_same

PURPOSE = "unsubscribe"


def unsubscribe_token(key: bytes, message_id: int, email: str) -> str:
    """The token of a message to an address: its number, and what only the key's owner can derive."""
    # A database restored from a backup gives the number to another message; the address then is another, too.
    return f"{message_id}-{derive_token(key, PURPOSE, message_id, email.casefold())}"


def address_of_message(connection: Connection, key: bytes, token: str) -> str | None:
    """The address that a token stands for; None if it is not one of ours."""
    number = token.partition("-")[0]
    if not (number.isascii() and number.isdecimal() and len(number) < len(str(2**63))):
        return None
    m = schema.messages.c
    email = connection.execute(select(m.email).where(m.message_id == int(number))).scalar_one_or_none()
    if email is None or not is_same(token, unsubscribe_token(key, int(number), email)):
        return None
    return str(email)
