"""The firm, as firm.yaml defines it: time zone, language, holidays, sender, mail and gate settings.

May touch: pydantic, zoneinfo. Tests: tests/unit/definitions/test_definitions.py.
"""

import re
from datetime import time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from tasks.domain.definitions.base import Definition, FieldName, Key, Spelled
from tasks.domain.definitions.languages import Label, Labels, Language

# The part before the @ is words separated by single dots. It must not begin with an apostrophe, which a spreadsheet
# puts before text. A domain with accents is refused: the mail service accepts only its ASCII form.
LOCAL = r"[A-Za-z0-9!#$%&*+/=?^_`{|}~-][A-Za-z0-9!#$%&'*+/=?^_`{|}~-]*(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
ADDRESS = rf"^{LOCAL}@{LABEL}(?:\.{LABEL})+$"
# Without a path: the page's own paths begin at the root. Without TLS only on this machine.
WEB_URL = r"^(https://[a-z0-9.-]+|http://(127\.0\.0\.1|localhost))(:[0-9]{1,5})?/?$"
CLAMD = r"^(unix:///[^\s]+|tcp://[A-Za-z0-9.-]+:[0-9]{1,5})$"
WEBHOOK_KEY = r"^[A-Za-z0-9+/]{40,400}={0,2}$"
BUILT_IN_STATUSES = ("open", "waiting_on_client", "ready", "done", "cancelled")  # A1
CLOSED_STATUSES = ("done", "cancelled")
DEFAULT_MINUTES = 60


def is_address(text: str) -> bool:
    """Whether a text is a valid e-mail address."""
    return re.fullmatch(ADDRESS, text) is not None


class Sender(Definition):
    """The sender that the client sees."""

    name: Label
    email: Annotated[str, Field(max_length=254), Spelled(ADDRESS, "an e-mail address")]


class Mail(Definition):
    """How and when e-mails are sent. Days are calendar days, `send_hour` is local time (T1).

    Attributes:
        digest: whether the messages of a day to one recipient leave as one (K1).
        sender: whose name and address the client sees; the answer goes to the owner either way.
        max_per_week: of reminders to one recipient in seven days; 0: no limit.
    """

    transport: Literal["folder", "sendgrid"] = "folder"
    send_hour: time = time(9)
    quiet: list[Literal["weekends", "holidays"]] = ["weekends", "holidays"]
    digest: Literal["none", "relation"] = "none"
    sender: Annotated[Literal["firm", "owner"], Field(alias="from")] = "firm"
    max_per_week: Annotated[int, Field(ge=0, le=100)] = 0
    too_late_days: Annotated[int, Field(ge=0, le=3650)] = 30
    # The public key that SendGrid shows next to its Event Webhook, to verify its signatures.
    webhook_key: Annotated[str, Spelled(WEBHOOK_KEY, "the key that SendGrid shows, on one line")] | None = None

    @field_validator("send_hour", mode="before")
    @classmethod
    def _unquoted_hours_are_sexagesimal(cls, value: object) -> object:
        # YAML 1.1 parses an unquoted 10:30 as the number 630.
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
            return time(value // 60, value % 60)
        return value


class Web(Definition):
    """The client's page; without `url`, messages carry no link to it.

    Attributes:
        url: the address under which clients reach it.
        check: what a device must show besides the link: nothing; a mailed code, but for the first device; or always
            a mailed code (D3).
        max_file_mb: the largest file that is taken.
        clamd: where ClamAV's daemon listens.
        phone: the firm's telephone number, shown on the page.
        proxies: addresses of web servers before it, whose forwarding headers are believed.
    """

    url: (
        Annotated[str, Spelled(WEB_URL, "https:// and a host, without a path; http://127.0.0.1:8080 to try it")] | None
    ) = None
    check: Literal["link", "device", "code"] = "device"
    max_file_mb: Annotated[int, Field(ge=1, le=100)] = 25
    clamd: Annotated[str, Spelled(CLAMD, "unix:///run/clamav/clamd.ctl or tcp://HOST:PORT")] | None = None
    phone: Label | None = None
    proxies: list[str] = ["127.0.0.1", "::1"]

    @property
    def base(self) -> str | None:
        """The address without a slash at its end."""
        return None if self.url is None else self.url.rstrip("/")


class Automators(Definition):
    """The status of a task after a request's event, where the request names none."""

    on_sent: Key | None = None
    on_exhausted: Key | None = None
    on_returned: Key | None = None
    on_complete: Key | None = None


class Gate(Definition):
    """Fractions between 0 and 1 beyond which a feed is taken for broken (Q3)."""

    max_row_drop: Annotated[float, Field(ge=0, le=1)] = 0.5
    max_bad_share: Annotated[float, Field(ge=0, le=1)] = 0.2


class Reports(Definition):
    """How many days each run's report is kept, and whether it includes Great Expectations' own page."""

    keep_days: Annotated[int, Field(ge=1, le=36500)] = 400  # so that a year can be compared with the previous one
    data_docs: bool = True


class Retention(Definition):
    """How long what clients sent is kept (U6).

    Attributes:
        document_years: after the relation has ended.
        dossier_months: how long a dossier is there, where its group does not say.
    """

    document_years: Annotated[int, Field(ge=1, le=100)] = 5
    dossier_months: Annotated[int, Field(ge=1, le=24)] = 1


class Activities(Definition):
    """Appointments, calls and other events.

    Attributes:
        kinds: how many minutes each kind takes, where no end is given.
    """

    kinds: dict[Key, Annotated[int, Field(ge=1, le=10_080)]] = {"meeting": 60, "call": 15}

    def minutes_of(self, kind: str) -> int:
        """How long an activity of a kind takes, where no end is given."""
        return self.kinds.get(kind, DEFAULT_MINUTES)


class Rules(Definition):
    """What happens when a record is saved.

    Attributes:
        warn_above: an import whose rules would mail more people than this says so.
    """

    warn_above: Annotated[int, Field(ge=0, le=1_000_000)] = 50


class Firm(Definition):
    """firm.yaml."""

    name: Label
    timezone: str = "Europe/Paris"
    language: Language = "fr"
    holidays: Annotated[str, Spelled(r"^[A-Z]{2}(-[A-Z0-9]+)?$", "a country, such as FR or CH-GE")] | None = None
    sender: Sender
    mail: Mail = Mail()
    gate: Gate = Gate()
    reports: Reports = Reports()
    automators: Automators = Automators()
    web: Web = Web()
    desk: bool = True
    retention: Retention = Retention()
    activities: Activities = Activities()
    rules: Rules = Rules()
    statuses: dict[Key, Label] = {}
    field_labels: dict[FieldName, Labels] = {}

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        # Not `available_timezones`, which walks through all files of all zones: half the time of reading a home.
        try:
            ZoneInfo(value)
        except (KeyError, OSError, ValueError):
            raise ValueError(f"{value!r} is not a time zone; write one like Europe/Paris or Europe/Brussels") from None
        return value

    @field_validator("holidays")
    @classmethod
    def _country_has_holidays(cls, value: str | None) -> str | None:
        if value is not None:
            from tasks.domain.dates.public_holidays import holidays_of

            holidays_of(value, (2026,))
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of all the firm's business dates."""
        return ZoneInfo(self.timezone)


def firm_schema() -> dict[str, Any]:
    """JSON Schema of firm.yaml, for editors and `relance schema`."""
    return Firm.model_json_schema()
