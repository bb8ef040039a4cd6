"""The firm itself, as firm.yaml states it: zone, language, holidays, sender, mail and gate settings.

May touch: pydantic, zoneinfo. Tests: tests/unit/definitions/test_definitions.py.
"""

import re
from datetime import time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator

from tasks.domain.definitions.languages import Label, Labels
from tasks.domain.definitions.template import Definition, FieldName, Key

# The part before the @ is words with single dots between them, and begins with no apostrophe, which a spreadsheet
# puts before a text. A domain with accents is refused: the mail service takes it in its ASCII form only.
LOCAL = r"[A-Za-z0-9!#$%&*+/=?^_`{|}~-][A-Za-z0-9!#$%&'*+/=?^_`{|}~-]*(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
ADDRESS = rf"^{LOCAL}@{LABEL}(?:\.{LABEL})+$"
BUILT_IN_STATUSES = ("open", "waiting_on_client", "ready", "done", "cancelled")  # A1
CLOSED_STATUSES = ("done", "cancelled")


def is_address(text: str) -> bool:
    """Whether a text can be an e-mail address."""
    return re.fullmatch(ADDRESS, text) is not None


class Sender(Definition):
    """Who the client sees the mail come from."""

    name: Label
    email: Annotated[str, Field(pattern=ADDRESS, max_length=254)]


class Mail(Definition):
    """How and when mails leave. Days are calendar days, `send_hour` is local time (T1)."""

    transport: Literal["folder", "sendgrid"] = "folder"
    send_hour: time = time(9)
    quiet: list[Literal["weekends", "holidays"]] = ["weekends", "holidays"]
    digest: Literal["none"] = "none"
    too_late_days: Annotated[int, Field(ge=0, le=3650)] = 30
    # The public key that SendGrid shows beside its Event Webhook: what it signs, this verifies.
    webhook_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{40,400}={0,2}$")] | None = None

    @field_validator("send_hour", mode="before")
    @classmethod
    def _unquoted_hours_are_sexagesimal(cls, value: object) -> object:
        # YAML 1.1 reads an unquoted 10:30 as the number 630.
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
            return time(value // 60, value % 60)
        return value


class Gate(Definition):
    """Shares between 0 and 1 past which a feed is not believed (Q3)."""

    max_row_drop: Annotated[float, Field(ge=0, le=1)] = 0.5
    max_bad_share: Annotated[float, Field(ge=0, le=1)] = 0.2


class Reports(Definition):
    """What is kept of each run: for how many days, and whether with Great Expectations' own page."""

    keep_days: Annotated[int, Field(ge=1, le=36500)] = 400  # a year can be laid beside the one before
    data_docs: bool = True


class Firm(Definition):
    """firm.yaml."""

    name: Label
    timezone: str = "Europe/Paris"
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "fr"
    holidays: Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]+)?$")] | None = None
    sender: Sender
    mail: Mail = Mail()
    gate: Gate = Gate()
    reports: Reports = Reports()
    statuses: dict[Key, Label] = {}
    field_labels: dict[FieldName, Labels] = {}

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is not a time zone; write one like Europe/Paris or Europe/Brussels")
        return value

    @field_validator("holidays")
    @classmethod
    def _country_has_holidays(cls, value: str | None) -> str | None:
        if value is not None:
            from tasks.domain.dates.workdays import holidays_of

            holidays_of(value, (2026,))
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which every business date of the firm is read."""
        return ZoneInfo(self.timezone)


def firm_schema() -> dict[str, Any]:
    """JSON Schema of firm.yaml, for editors and `relance schema`."""
    return Firm.model_json_schema()
