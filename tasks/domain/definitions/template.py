"""Models of templates with their sub-tasks and schedules, which a firm writes by hand.

May touch: pydantic. The files are read by flows/home/settings.py; errors with file, line and key are made by
tasks/domain/definitions/yaml_models.py. Tests: tests/unit/definitions/test_definitions.py.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from tasks.domain.dates.frequency import Frequency, checked_frequency
from tasks.domain.definitions.base import Days, Definition, Key, OffsetDays, Spelled, refuse_twins
from tasks.domain.definitions.languages import Label, Labels
from tasks.domain.definitions.relation import RelationStatus, RelationType
from tasks.domain.definitions.request import Item, Rhythm, SendRule

SubtaskKind = Literal["action", "email", "auto_email", "request"]
Recurrence = Annotated[str, AfterValidator(checked_frequency)]
FIELD_ANCHOR = "field:"
ANCHOR = r"^(mission|start|period|field:[a-z][a-z0-9_]*)$"
MISSION, START, PERIOD = "mission", "start", "period"
MAILS = ("email", "auto_email", "request")
AUTOMATORS = ("on_sent", "on_exhausted", "on_returned", "on_complete")


class Subtask(Definition):
    """A sub-task of a template.

    Attributes:
        due_offset_days: from the task's due_on to the sub-task's own.
        assignee: a user's id; without one the relation's owner.
        offset_days: of an `auto_email`: from the task's due_on to its send day.
        items, send: of a `request`: what it asks for, and when its first e-mail is sent.
        reminders: of a `request`: how often it is repeated.
        recipients: of a `request`: who is asked, unless others are chosen: the relation, or a company's persons.
        on_sent, on_exhausted, on_returned, on_complete: of a `request`: the task's status then.
    """

    key: Key
    kind: SubtaskKind
    label: Labels | None = None
    due_offset_days: OffsetDays | None = None
    assignee: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    message: Key | None = None
    offset_days: OffsetDays | None = None
    items: list[Item] = []
    send: SendRule | Literal["manual"] | None = None
    reminders: Rhythm | None = None
    recipients: Literal["relation", "contacts"] = "relation"
    on_sent: Key | None = None
    on_exhausted: Key | None = None
    on_returned: Key | None = None
    on_complete: Key | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> "Subtask":
        if self.kind in MAILS and self.message is None:
            raise ValueError(f"a sub-task of kind {self.kind} needs `message`")
        if self.kind not in MAILS and self.message is not None:
            raise ValueError("`message` belongs to sub-tasks of kind email, auto_email or request")
        if self.kind == "auto_email" and self.offset_days is None:
            raise ValueError("a sub-task of kind auto_email needs `offset_days` (0 is the due day)")
        if self.kind != "auto_email" and self.offset_days is not None:
            raise ValueError("`offset_days` belongs to sub-tasks of kind auto_email")
        if self.kind == "action" and self.label is None:
            raise ValueError("a sub-task of kind action needs `label`")
        return self._check_request()

    def _check_request(self) -> "Subtask":
        if self.kind == "request":
            if self.send is None:
                raise ValueError("a request needs `send`: {from: start, offset_days: 1}, or manual")
            refuse_twins("item", [item.key for item in self.items])
            return self
        of_requests = ("items", "send", "reminders", "recipients", *AUTOMATORS)
        given = [name for name in of_requests if name in self.model_fields_set]
        if given:
            raise ValueError(f"`{given[0]}` belongs to sub-tasks of kind request")
        return self

    @property
    def send_rule(self) -> SendRule | None:
        """When its message is sent automatically; None for a sub-task without one, or with one sent by hand."""
        if self.kind == "auto_email":
            return SendRule.model_validate({"from": "due", "offset_days": self.offset_days})
        return self.send if isinstance(self.send, SendRule) else None


class Schedule(Definition):
    """When a template's tasks are created: an anchor date, an offset to the due date, a lead before it (P1).

    Attributes:
        anchor: `field:NAME` (that data field's expiry date), `mission` (a mission service's first due date and
            frequency), `start` (the assignment's start), or `period` (the schedule's own starts_on).
        frequency: from one anchor date to the next (T2); for a mission service without a frequency of its own.
        starts_on: the first date of a `period`.
        month_end: whether a monthly period keeps the day of the first date, or uses each month's last day.
        until: the last anchor date, inclusive (T4).
        max_overdue_days: how long before the assignment's start a field's date may have passed (P3).
    """

    key: Key
    label: Labels | None = None
    anchor: Annotated[str, Field(max_length=80), Spelled(ANCHOR, "mission, start, period, or field:NAME")]
    frequency: Recurrence = "none"
    starts_on: date | None = None
    month_end: Literal["clamp", "last_day"] = "clamp"
    until: date | None = None
    plan_before_days: Days = 0
    due_offset_days: OffsetDays = 0
    adjust: Literal["none", "previous", "next"] = "none"
    max_overdue_days: Days = 365
    assign: Literal["manual", "all"] = "manual"

    @model_validator(mode="after")
    def _has_what_its_anchor_needs(self) -> "Schedule":
        if (self.anchor == PERIOD) != (self.starts_on is not None):
            raise ValueError("`starts_on` belongs to schedules with `anchor: period`, and they need it")
        if self.is_field and (self.frequency != "none" or self.month_end != "clamp"):
            raise ValueError("`frequency` and `month_end` do not go with a field's expiry date, which does not recur")
        if self.month_end == "last_day" and self.frequency != "none" and not Frequency.parse(self.frequency).is_monthly:
            raise ValueError(f"`month_end: last_day` does not go with `frequency: {self.frequency}`, which counts days")
        if self.anchor == MISSION and self.assign == "all":
            raise ValueError("`assign: all` does not go with `anchor: mission`: a mission's services say who")
        if self.until and self.starts_on and self.until < self.starts_on:
            raise ValueError("`until` lies before `starts_on`")
        return self

    @property
    def is_field(self) -> bool:
        """Whether its anchor is a data field's expiry date."""
        return self.anchor.startswith(FIELD_ANCHOR)

    @property
    def field(self) -> str:
        """The data field whose expires_on is the anchor of this schedule."""
        return self.anchor.removeprefix(FIELD_ANCHOR)


# The template name of tasks about a suppressed address (M7), for which there is no file.
ADDRESS_TEMPLATE = "mail-address"


class Template(Definition):
    """A kind of follow-up: what is done, for whom, and when."""

    template: Key
    label: Labels
    description: str | None = None
    category: Label | None = None
    deliverable: Label | None = None
    applies_to: Annotated[list[RelationType], Field(min_length=1)]
    statuses: Annotated[list[RelationStatus], Field(min_length=1)] = ["client"]
    subtasks: Annotated[list[Subtask], Field(min_length=1)]
    schedules: Annotated[list[Schedule], Field(min_length=1)]
    close_when: Literal["renewed"] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> "Template":
        if self.template == ADDRESS_TEMPLATE:
            raise ValueError(f"{ADDRESS_TEMPLATE} is the name of Relance's own tasks; choose another")
        refuse_twins("sub-task", [s.key for s in self.subtasks])
        refuse_twins("schedule", [s.key for s in self.schedules])
        if self.close_when == "renewed" and not any(s.is_field for s in self.schedules):
            raise ValueError("`close_when: renewed` needs a schedule anchored on a field's expiry date")
        return self

    @property
    def messages(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Each message that the template names, with the path of keys to its name."""
        named: list[tuple[tuple[str | int, ...], str]] = []
        for i, step in enumerate(self.subtasks):
            if step.message:
                named.append((("subtasks", i, "message"), step.message))
            if step.reminders:
                at = ("subtasks", i, "reminders", "message")
                named += [(at, step.reminders.message), (at, step.reminders.started)]
        return named

    def schedule(self, key: str) -> Schedule | None:
        """The schedule with that key, or None if the template does not have it."""
        return next((s for s in self.schedules if s.key == key), None)


def template_schema() -> dict[str, Any]:
    """JSON Schema of templates/ID.yaml, for editors and `relance schema`."""
    return Template.model_json_schema()
