"""A client in a browser without script or with it: each act that is killed, and what it must have changed."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

import httpx

from tests.faults.page.firm import IBAN
from tests.faults.page.places import ALWAYS, ANSWERING, UPLOADING
from tests.faults.page.state import State

SECONDS_TO_ANSWER = 60
SEE_OTHER, OK = 303, 200


@dataclass
class Browser:
    """A browser that keeps its cookie while the page's process dies and comes back."""

    path: str
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def at(self, address: str) -> httpx.Client:
        """Ask the process at this address."""
        return httpx.Client(
            base_url=address, cookies=self.cookies, timeout=SECONDS_TO_ANSWER, trust_env=False, verify=False
        )

    def open(self, address: str) -> None:
        """Press the button of the link, once."""
        with self.at(address) as web:
            assert web.post(self.path).status_code == SEE_OTHER
            self.cookies = web.cookies


@dataclass(frozen=True)
class Act:
    """Something that a client does.

    Attributes:
        item: about which.
        do: sends it; the number makes what is sent new; returns whether it was acknowledged.
        changes: the parts of the state that it changes, all or none.
        is_done: whether the state holds what was sent.
        places: where the process dies.
        prepares: sends what has to be there before, unharmed.
        is_reopened: whether the item is asked for again before.
        commits: how many transactions its own request ends, readers' too.
    """

    item: str
    do: Callable[[httpx.Client, int], bool]
    changes: frozenset[str]
    is_done: Callable[[State, int], bool]
    places: tuple[str, ...]
    prepares: Callable[[httpx.Client, int], bool] | None = None
    is_reopened: bool = True
    commits: int = 1


def _page(web: httpx.Client) -> tuple[str, str, str]:
    """The page, and its link's number and form token."""
    text = web.get("/d").raise_for_status().text
    link, form = re.search(r'action="/d/(\d+)/items', text), re.search(r'name="form" value="(\w+)"', text)
    assert link is not None
    assert form is not None
    return text, link[1], form[1]


def _typing(item: str, **typed: str) -> Callable[[httpx.Client, int], bool]:
    def do(web: httpx.Client, number: int) -> bool:
        _, link, form = _page(web)
        fields = {name: text.format(number) for name, text in typed.items()}
        return web.post(f"/d/{link}/items/{item}", data={"form": form} | fields).status_code == SEE_OTHER

    return do


def _sending(item: str) -> Callable[[httpx.Client, int], bool]:
    """By script: the file is the body."""

    def do(web: httpx.Client, number: int) -> bool:
        _, link, form = _page(web)
        headers = {"x-form": form, "x-file-name": f"{number}.txt"}
        return web.post(f"/d/{link}/items/{item}/files", content=content_of(number), headers=headers).status_code == OK

    return do


def _sending_by_form(web: httpx.Client, number: int) -> bool:
    _, link, form = _page(web)
    files = [("file", (f"{number}.txt", content_of(number), "text/plain"))]
    return web.post(f"/d/{link}/items/bank", data={"form": form}, files=files).status_code == SEE_OTHER


def _taking_back(web: httpx.Client, _number: int) -> bool:
    text, link, form = _page(web)
    found = re.search(rf'action="(/d/{link}/items/card/files/\d+/remove)"', text)
    return found is None or web.post(found[1], data={"form": form}).status_code == SEE_OTHER


def content_of(number: int) -> bytes:
    """What is in the file of that number."""
    return f"relevé {number};{number * 7}\n".encode() * 2000


def _has_value(item: str, text: str) -> Callable[[State, int], bool]:
    def is_done(state: State, number: int) -> bool:
        last = (state.parts.get(f"history {item}") or [{"detail": ""}])[-1]
        value = text.format(number)
        return state.parts[f"item {item}"]["value"] == value and sha256(value.encode()).hexdigest() in last["detail"]

    return is_done


def _has_reason(state: State, number: int) -> bool:
    item = state.parts["item regime"]
    return (item["status"], item["note"]) == ("not_applicable", f"raison {number}")


def _has_file(state: State, number: int) -> bool:
    hashes = [row["sha256"] for row in state.parts.get("documents bank", [])]
    return (
        hashes.count(sha256(content_of(number)).hexdigest()) == 1 and state.parts["item bank"]["status"] == "received"
    )


def _has_no_file(state: State, _number: int) -> bool:
    return not state.parts.get("documents card") and state.parts["item card"]["status"] == "open"


_FILE = frozenset({"item bank", "documents bank", "history bank"})
_UPLOAD = (*UPLOADING, "noted", *ALWAYS)
ACTS = {
    "value": Act(
        "kms",
        _typing("kms", value="{}"),
        frozenset({"item kms", "history kms", "profile"}),
        _has_value("kms", "{}"),
        (*ANSWERING, *ALWAYS),
        is_reopened=False,
    ),
    "still correct": Act(
        "iban",
        _typing("iban", do="still_correct"),
        frozenset({"item iban", "history iban"}),
        _has_value("iban", IBAN),
        (*ANSWERING, *ALWAYS),
    ),
    "does not concern me": Act(
        "regime",
        _typing("regime", not_applicable="raison {}"),
        frozenset({"item regime", "history regime"}),
        _has_reason,
        (*ANSWERING, *ALWAYS),
    ),
    "upload": Act("bank", _sending("bank"), _FILE, _has_file, _UPLOAD, commits=4),
    "upload by form": Act("bank", _sending_by_form, _FILE, _has_file, _UPLOAD, commits=4),
    "take back": Act(
        "card",
        _taking_back,
        frozenset({"item card", "documents card", "history card"}),
        _has_no_file,
        ("noted", *ALWAYS),
        prepares=_sending("card"),
        is_reopened=False,
    ),
}
