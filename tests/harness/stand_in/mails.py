"""What the stand-in knows of a mail, and of a cancel or pause; how a request becomes mails. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SECONDS_TO_CANCEL = 600  # a cancel later than ten minutes before send_at is not relied upon
EXPIRES_SECONDS = 72 * 3600  # a paused mail older than that is discarded


@dataclass(slots=True)
class Mail:
    """One mail to one address. `status` is the logs' word; a mail still waiting is `processed`."""

    sg_message_id: str
    email: str
    subject: str
    custom_args: Mapping[str, str]
    send_at: int | None
    batch_id: str | None
    from_email: str
    categories: list[str]
    accepted_at: int
    status: str = "processed"
    reason: str = ""

    @property
    def message_id(self) -> str | None:
        """The outbox's number."""
        return self.custom_args.get("message_id")


@dataclass(slots=True)
class Stop:
    """A cancel or pause of a batch, made at an instant; `hidden`: how many questions it does not show up in."""

    status: str
    at: int
    hidden: int = 0


def is_sandbox(body: Mapping[str, Any]) -> bool:
    """Whether a checked request asks for nothing but the check."""
    return bool(body.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"))


def recipients(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A checked request's mails, one per address, as the journal holds them."""
    shared = body.get("custom_args", {})
    subject = body.get("subject", "")
    found = []
    for one in body["personalizations"]:
        own = {"send_at": one["send_at"]} if "send_at" in one else {}
        args = shared | one.get("custom_args", {})
        people = one["to"] if "cc" not in one and "bcc" not in one else _everybody(one)
        found += [
            {"email": person["email"], "subject": one.get("subject", subject), "custom_args": args, **own}
            for person in people
        ]
    return found


def mails_of(line: Mapping[str, Any]) -> Iterator[Mail]:
    """The mails of a journal's `accepted` line."""
    send_at, batch_id, sender, categories, at = (line[k] for k in ("send_at", "batch_id", "from", "categories", "at"))
    for n, mail in enumerate(line["mails"]):
        own_at = mail.get("send_at", send_at)
        name = f"{line['id']}.recvd-stand-in-{n}"
        yield Mail(name, mail["email"], mail["subject"], mail["custom_args"], own_at, batch_id, sender, categories, at)


def _everybody(one: Mapping[str, Any]) -> list[dict[str, str]]:
    return [person for kind in ("to", "cc", "bcc") for person in one.get(kind, ())]
