"""A second reader of iCalendar (RFC 5545), and a calendar that obeys UID, SEQUENCE and METHOD as mail programs do."""

import re
from dataclasses import dataclass, field
from typing import Any

LONGEST_LINE = 75  # octets
ESCAPES = {"\\n": "\n", "\\N": "\n", "\\,": ",", "\\;": ";", "\\\\": "\\"}


def unfold(text: str) -> list[str]:
    """Its content lines; refuses one that ends otherwise than in CRLF, or is too long."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert "\r" not in text.replace("\r\n", "")
    for line in text.split("\r\n"):
        assert len(line.encode()) <= LONGEST_LINE, line
    return text.removesuffix("\r\n").replace("\r\n ", "").split("\r\n")


def read(text: str) -> dict[str, Any]:
    """The properties of the one event, and of the calendar around it; parameters under `NAME;`."""
    found: dict[str, Any] = {}
    lines = unfold(text)
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-1] == "END:VCALENDAR"
    assert lines.index("END:VEVENT") == len(lines) - 2
    inside = False
    for line in lines:
        name, parameters, value = _content(line)
        if name == "BEGIN" and value == "VEVENT":
            inside = True
        if name in ("BEGIN", "END"):
            continue
        assert name not in found, f"{name} stands twice"
        assert (name in ("VERSION", "PRODID", "CALSCALE", "METHOD")) != inside, name
        found[name] = _text(value) if name in ("SUMMARY", "LOCATION", "DESCRIPTION") else value
        found[name + ";"] = parameters
    return found


def _content(line: str) -> tuple[str, dict[str, str], str]:
    """Name, parameters, value: a colon in quotes does not end the parameters."""
    found = re.fullmatch(r'([A-Z-]+)((?:;[A-Z-]+=(?:"[^"]*"|[^";:,]*))*):(.*)', line, re.DOTALL)
    assert found, line
    parameters = re.findall(r';([A-Z-]+)=(?:"([^"]*)"|([^";:,]*))', found[2])
    return found[1], {name: quoted or plain for name, quoted, plain in parameters}, found[3]


def _text(value: str) -> str:
    assert re.fullmatch(r"(?:[^\\;,]|\\[nN,;\\])*", value), value
    return re.sub(r"\\[nN,;\\]", lambda sign: ESCAPES[sign[0]], value)


@dataclass
class Inbox:
    """One mailbox with its calendar: an entry by UID, changed by what is not older than what it holds (RFC 5546)."""

    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: dict[str, tuple[int, str]] = field(default_factory=dict)

    def take(self, text: str) -> bool:
        """Take an invitation; False if it is older than what is known, and ignored."""
        event = read(text)
        uid, age = event["UID"], (int(event["SEQUENCE"]), event["DTSTAMP"])
        if uid in self.seen and age < self.seen[uid]:
            return False
        # Two that differ under one SEQUENCE and stamp: which of them holds would be chance.
        assert uid not in self.seen or age > self.seen[uid] or self.entries.get(uid) == event
        self.seen[uid] = age
        self.entries.pop(uid, None)
        if event["METHOD"] == "REQUEST":
            self.entries[uid] = event
        return True
