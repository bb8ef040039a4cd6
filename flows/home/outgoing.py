"""How messages leave a home: the transport, and the mail service behind it.

May touch: settings, transports. Tests: tests/integration/mail/test_sendgrid.py.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

from flows.home.clock import now
from flows.home.settings import Settings
from sql.store import Store
from tasks.desk.sign_in import desk_fillers
from tasks.mail.delivery.outgoing import Outgoing
from tasks.mail.transport.base import NoTransport
from tasks.mail.transport.folder import FolderTransport
from tasks.mail.unsubscribe import unsubscribe_token
from tasks.requests.page.fillers import masked_fillers, page_fillers
from tasks.translations import read_words


@contextmanager
def open_outgoing(settings: Settings, store: Store | None, is_rehearsal: bool = False) -> Iterator[Outgoing]:
    """Open the home's transport; its connection is closed at the end.

    Args:
        settings: the home's.
        store: the database, for what is put into messages as they leave; None if no message of it is sent.
        is_rehearsal: give a transport that sends nothing.
    """
    sender, mail = settings.firm.sender, settings.firm.mail
    outgoing = Outgoing(
        transport=NoTransport(),
        labels=read_words(settings.firm.language)["address_tasks"],
        renderer=settings.renderer,
        zone=settings.firm.zone,
        send_hour=mail.send_hour,
        too_late_days=mail.too_late_days,
        quiet=settings.quiet,
        is_digest=mail.digest == "relation",
        is_from_owner=mail.sender == "owner",
        **_of_page(settings, store, is_rehearsal),
    )
    if is_rehearsal:
        yield outgoing
    elif settings.sendgrid is None:
        yield replace(outgoing, transport=FolderTransport(settings.outbox, sender.name, sender.email))
    else:
        # The sendgrid package takes a third of a second to import.
        from tasks.mail.transport.base import Mailbox
        from tasks.mail.transport.sendgrid import SendGridClient, SendGridTransport
        from tasks.mail.transport.sendgrid_service import SendGridService

        with closing(
            SendGridClient(settings.sendgrid.host, settings.sendgrid.api_key.get_secret_value(), now)
        ) as client:
            transport = SendGridTransport(client, Mailbox(sender.name, sender.email), now)
            yield replace(outgoing, transport=transport, service=SendGridService(client))


def _of_page(settings: Settings, store: Store | None, is_rehearsal: bool) -> dict[str, Any]:
    """What messages get as they leave, if the firm has a page: links and codes."""
    base = settings.firm.web.base
    if base is None or store is None:
        return {}
    if is_rehearsal:
        return {"fillers": masked_fillers()}
    key = settings.web_key()

    def unsubscribe_url(message_id: int, email: str) -> str:
        return f"{base}/u/{unsubscribe_token(key, message_id, email)}"

    fillers = page_fillers(store, base, key, now) | desk_fillers(store, base, key, now)
    return {"fillers": fillers, "unsubscribe_url": unsubscribe_url}
