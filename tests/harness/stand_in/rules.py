"""What POST /v3/mail/send refuses: the rules of SendGrid's description, and those it keeps to itself. Pure.

Sources: tsg_mail_v3.json of twilio/sendgrid-oai; the pages on personalizations and limits of SendGrid's documentation.
"""

import re
from collections.abc import Container, Mapping
from typing import Any

MAX_BODY_BYTES = 30_000_000
MAX_RECIPIENTS = 1000  # of a request: its to, cc and bcc together, and its personalizations
MAX_OWN_BYTES = 10_000  # substitutions, or custom_args, of one personalization
MAX_AHEAD_SECONDS = 72 * 3600
FORBIDDEN_HEADERS = {
    *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"),
    *("to", "from", "subject", "reply-to", "cc", "bcc"),
}
KINDS = ("to", "cc", "bcc")
OF_A_MAIL = {
    *("personalizations", "from", "reply_to", "reply_to_list", "subject", "content", "attachments", "template_id"),
    *("headers", "categories", "custom_args", "send_at", "batch_id", "asm", "ip_pool_name", "mail_settings"),
    "tracking_settings",
}
OF_A_PERSONALIZATION = {
    *("from", *KINDS, "subject", "headers", "substitutions", "dynamic_template_data", "custom_args", "send_at")
}
OF_MAIL_SETTINGS = {
    *("bypass_list_management", "bypass_spam_management", "bypass_bounce_management", "bypass_unsubscribe_management"),
    *("footer", "sandbox_mode"),
}
OF_TRACKING = {"click_tracking", "open_tracking", "subscription_tracking", "ganalytics"}

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{1,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z]{_LABEL}")
_HEADER_NAME = re.compile(r"[!-9;-~]+")
_MIME_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
_CALENDAR = re.compile(r"text/calendar; method=[A-Z]+")

Body = Mapping[str, Any]


class Complaints:
    """What is wrong with a request, in SendGrid's shape."""

    def __init__(self) -> None:
        self.errors: list[dict[str, Any]] = []

    def add(self, message: str, field: str | None) -> None:
        """One more."""
        self.errors.append({"message": message, "field": field, "help": None})

    def want(self, is_right: bool, message: str, field: str | None) -> bool:
        """Complain unless it is right; whether it is."""
        if not is_right:
            self.add(message, field)
        return is_right

    def unknown(self, found: Body, known: set[str], prefix: str = "") -> None:
        """Properties that the description does not name."""
        for name in sorted(found.keys() - known):
            self.add(f"Additional property {name} is not allowed", prefix + name)


def complaints(body: Any, now: int, batches: Container[str]) -> list[dict[str, Any]]:
    """Everything that SendGrid would refuse about a decoded body; none when it would take it.

    Args:
        body: of POST /v3/mail/send.
        now: SendGrid's clock, in seconds since 1970.
        batches: the batch ids that were given out.
    """
    found = Complaints()
    if not found.want(isinstance(body, dict), "Bad Request", None):
        return found.errors
    found.unknown(body, OF_A_MAIL)
    _personalizations(found, body.get("personalizations"), now)
    _person(found, body.get("from"), "from")
    _subject_and_content(found, body)
    _replies(found, body)
    _extras(found, body, "", now)
    _categories(found, body.get("categories", []))
    if "batch_id" in body:
        is_known = isinstance(body["batch_id"], str) and body["batch_id"] in batches
        found.want(is_known, "The batch_id is not valid: invalid batch id", "batch_id")
    _attachments(found, body.get("attachments", []))
    _settings(found, body)
    return found.errors


def _personalizations(found: Complaints, given: Any, now: int) -> None:
    field = "personalizations"
    if not found.want(isinstance(given, list) and bool(given), "The personalizations field is required.", field):
        return
    if not found.want(len(given) <= MAX_RECIPIENTS, f"There may be at most {MAX_RECIPIENTS} personalizations.", field):
        return
    seen: set[str] = set()
    for i, one in enumerate(given):
        if isinstance(one, dict):
            _personalization(found, one, f"{field}.{i}.", seen, now)
        else:
            found.add("Invalid type. Expected: object", f"{field}.{i}")
    found.want(len(seen) <= MAX_RECIPIENTS, f"There may be at most {MAX_RECIPIENTS} recipients.", field)


def _personalization(found: Complaints, one: Body, prefix: str, seen: set[str], now: int) -> None:
    if not one.keys() <= OF_A_PERSONALIZATION:
        found.unknown(one, OF_A_PERSONALIZATION, prefix)
    if "to" not in one:
        found.add("The to array is required for all personalization objects.", prefix + "to")
    for kind in KINDS:
        if kind in one:
            _recipients(found, one[kind], prefix + kind, seen)
    if "from" in one:
        _person(found, one["from"], prefix + "from")
    if "subject" in one:
        _line(found, one["subject"], prefix + "subject")
    if "substitutions" in one:
        _own(found, one["substitutions"], prefix + "substitutions")
    _extras(found, one, prefix, now)


def _recipients(found: Complaints, people: Any, field: str, seen: set[str]) -> None:
    if not isinstance(people, list) or not people:
        found.add("Must be an array of at least one email object.", field)
        return
    for j, person in enumerate(people):
        where = f"{field}.{j}"
        if not _person(found, person, where):
            continue
        address = person["email"].lower()
        if address in seen:
            found.add(f"Each email address should be unique. We found a duplicate of [{address}].", where)
        seen.add(address)


def _person(found: Complaints, person: Any, field: str) -> bool:
    if not isinstance(person, dict):
        return found.want(False, "Invalid type. Expected: object with email", field)
    email = person.get("email")
    if not isinstance(email, str) or not _ADDRESS.fullmatch(email):
        return found.want(False, "Does not contain a valid address.", field + ".email")
    return _is_line(person.get("name", "")) or found.want(
        False, "The name must be a string without line breaks.", field + ".name"
    )


def _is_line(text: Any) -> bool:
    return isinstance(text, str) and "\r" not in text and "\n" not in text


def _line(found: Complaints, text: Any, field: str) -> None:
    if not text or not _is_line(text):
        found.add("Must be a string of at least one character, without line breaks.", field)


def _own(found: Complaints, values: Any, field: str) -> None:
    if not isinstance(values, dict):
        found.add("Invalid type. Expected: object", field)
        return
    try:
        text = "".join((*values, *values.values()))
    except TypeError:
        found.add("Invalid type. Expected: strings", field)
        return
    # Four bytes are the most that a character takes: most texts need not be encoded to know.
    if len(text) * 4 > MAX_OWN_BYTES and len(text.encode()) > MAX_OWN_BYTES:
        found.add(f"May not exceed {MAX_OWN_BYTES} bytes.", field)


def _extras(found: Complaints, given: Body, prefix: str, now: int) -> None:
    if "headers" in given:
        _headers(found, given["headers"], prefix + "headers")
    if "custom_args" in given:
        _own(found, given["custom_args"], prefix + "custom_args")
    if "send_at" in given:
        at = given["send_at"]
        if found.want(type(at) is int, "Invalid type. Expected: integer", prefix + "send_at"):
            is_near = at - now <= MAX_AHEAD_SECONDS
            found.want(is_near, "Scheduling more than 72 hours in advance is forbidden.", prefix + "send_at")


def _headers(found: Complaints, headers: Any, field: str) -> None:
    if not isinstance(headers, dict):
        found.add("Invalid type. Expected: object", field)
        return
    for name, value in headers.items():
        if name.lower() in FORBIDDEN_HEADERS:
            found.add(f"The header {name} may not be set.", f"{field}.{name}")
        if not _is_line(value) or not _HEADER_NAME.fullmatch(name):
            found.add("Header names and values must be strings without line breaks.", f"{field}.{name}")


def _subject_and_content(found: Complaints, body: Body) -> None:
    if "subject" in body:
        _line(found, body["subject"], "subject")
    if "template_id" in body:
        found.want(isinstance(body["template_id"], str), "Invalid type. Expected: string", "template_id")
        return
    people = body.get("personalizations")
    people = people if isinstance(people, list) else []
    has_subject = "subject" in body or all(isinstance(one, dict) and "subject" in one for one in people)
    found.want(has_subject, "The subject is required, here or in every personalization.", "subject")
    content: Any = body.get("content")
    if found.want(isinstance(content, list) and bool(content), "The content parameter is required.", "content"):
        _content(found, content)


def _content(found: Complaints, content: list[Any]) -> None:
    types = []
    for i, part in enumerate(content):
        if not found.want(isinstance(part, dict), "Invalid type. Expected: object", f"content.{i}"):
            continue
        kind, value = part.get("type"), part.get("value")
        # Of parameters it takes a calendar's method alone (sendgrid-ruby 298, sendgrid-nodejs 1313).
        is_type = isinstance(kind, str) and bool(_MIME_TYPE.fullmatch(kind) or _CALENDAR.fullmatch(kind))
        found.want(is_type, "The content type must be a MIME type.", f"content.{i}.type")
        is_value = isinstance(value, str) and bool(value)
        found.want(is_value, "The content value must be a string at least one character long.", f"content.{i}.value")
        types.append(kind)
    order = [kind for kind in types if kind in ("text/plain", "text/html")]
    is_ordered = order in ([], ["text/plain"], ["text/html"], ["text/plain", "text/html"])
    found.want(is_ordered, "If present, text/plain must be first, followed by text/html.", "content")


def _replies(found: Complaints, body: Body) -> None:
    if "reply_to" in body:
        _person(found, body["reply_to"], "reply_to")
    people = body.get("reply_to_list", [])
    if found.want(isinstance(people, list), "Invalid type. Expected: array", "reply_to_list"):
        for i, person in enumerate(people):
            _person(found, person, f"reply_to_list.{i}")
    has_both = {"reply_to", "reply_to_list"} <= body.keys()
    found.want(not has_both, "Use reply_to or reply_to_list, not both.", "reply_to")


def _categories(found: Complaints, given: Any) -> None:
    is_text = isinstance(given, list) and all(isinstance(name, str) and len(name) <= 255 for name in given)
    if found.want(is_text, "Categories must be strings of at most 255 characters.", "categories"):
        found.want(len(given) <= 10, "There may be at most 10 categories.", "categories")
        found.want(len(set(given)) == len(given), "Categories must be unique.", "categories")


def _attachments(found: Complaints, given: Any) -> None:
    if not found.want(isinstance(given, list), "Invalid type. Expected: array", "attachments"):
        return
    for i, one in enumerate(given):
        is_right = isinstance(one, dict) and all(
            isinstance(one.get(k), str) and one[k] for k in ("content", "filename")
        )
        found.want(is_right, "An attachment needs content and filename.", f"attachments.{i}")
        kind = one.get("type", "") if isinstance(one, dict) else ""
        found.want(
            not set(kind) & set(";\r\n"),
            "The attachment type cannot contain ';', or CRLF characters.",
            f"attachments.{i}.type",
        )


def _settings(found: Complaints, body: Body) -> None:
    for name, known in (("mail_settings", OF_MAIL_SETTINGS), ("tracking_settings", OF_TRACKING)):
        given = body.get(name, {})
        if not found.want(isinstance(given, dict), "Invalid type. Expected: object", name):
            continue
        found.unknown(given, known, name + ".")
        for part, values in given.items():
            is_right = isinstance(values, dict) and isinstance(values.get("enable", False), bool)
            found.want(is_right, "Invalid type. Expected: object with boolean enable", f"{name}.{part}")
    asm = body.get("asm", {"group_id": 0})
    found.want(isinstance(asm, dict) and type(asm.get("group_id")) is int, "The group_id is required.", "asm.group_id")
    pool = body.get("ip_pool_name", "ok")
    found.want(isinstance(pool, str) and 2 <= len(pool) <= 64, "Must have 2 to 64 characters.", "ip_pool_name")
