"""Models of update groups: data fields of clients that are asked again every period (U1–U7).

A group is a template and a schedule that the product makes by itself: `UpdateGroup.template`. What it asks of one
relation on one day is a dossier: a task of that template.
May touch: pydantic. Tests: tests/unit/definitions/test_update_group_files.py.
"""

from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from tasks.domain.dates.frequency import Frequency
from tasks.domain.definitions.base import Definition, FieldName, Key, refuse_twins
from tasks.domain.definitions.languages import Label, Labels
from tasks.domain.definitions.relation import RelationStatus, RelationType
from tasks.domain.definitions.request import REMINDER, CheckName, Extension, Files, Item, ItemType, Rhythm
from tasks.domain.definitions.template import Recurrence, Template

STEP, SCHEDULE = "update", "update"
COMPANY, PERSON = "company", "person"
TYPES: dict[str, list[RelationType]] = {COMPANY: ["company"], PERSON: ["person", "sole_trader"]}
# Persons who belong to a company of the group are asked for themselves.
PERSONS_OF: dict[str, list[RelationType]] = {COMPANY: ["person"], PERSON: []}
MESSAGE, UPDATE_REMINDER = "update_request", "update_reminder"


class GroupField(Definition):
    """One data field of a group, and the item that asks for it.

    Attributes:
        field: the data field's name; also the item's key.
        expires: whether the answer's expiry date is asked for, too.
        help, options, check, min_files, max_files, accept: as of an item of a request.
    """

    field: FieldName
    label: Labels
    type: ItemType = "document"
    help: Labels | None = None
    options: list[Label] = []
    check: CheckName | None = None
    min_files: Files = 1
    max_files: Files | None = None
    accept: list[Extension] = []
    expires: Literal["ask"] | None = None

    @model_validator(mode="after")
    def _is_an_item(self) -> "GroupField":
        try:
            self.item("none")
        except ValidationError as error:
            raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
        return self

    def item(self, review: str) -> Item:
        """The item that asks for it; `review` as of an item."""
        given: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        return Item.model_validate(given | {"key": self.field, "review": review})


class UpdateGroup(Definition):
    """Data fields that are asked again every period.

    Attributes:
        group: its name; also that of the template of its dossiers.
        applies_to: whose fields: of companies, with the persons who belong to them, or of persons and sole traders.
        starts_on, frequency: the days on which they are asked (T2).
        message: of the first e-mail.
        reminders: how often an unanswered dossier is reminded of.
        remove_after_months: how long a dossier is there, its last day included (U6); without it as firm.yaml says.
        write_back: whether an answer counts at once, or after a person of the firm accepts it (U5).
    """

    group: Key
    label: Labels
    applies_to: Annotated[Literal["company", "person"], Field(alias="for")]
    statuses: Annotated[list[RelationStatus], Field(min_length=1)] = ["client"]
    fields: Annotated[list[GroupField], Field(min_length=1, max_length=100)]
    starts_on: date
    frequency: Recurrence
    message: Key = MESSAGE
    reminders: Rhythm | None = None
    remove_after_months: Annotated[int, Field(ge=1, le=24)] | None = None
    write_back: Literal["submit", "review"] = "submit"

    @model_validator(mode="after")
    def _fits_together(self) -> "UpdateGroup":
        refuse_twins("field", [field.field for field in self.fields])
        if Frequency.parse(self.frequency).step == 0:
            raise ValueError(
                "`frequency: none` asks nothing again; write monthly, quarterly, yearly, or every N months"
            )
        return self

    @property
    def field_names(self) -> list[str]:
        """The names of its fields, in order."""
        return [field.field for field in self.fields]

    def kept_for(self, months: int) -> "UpdateGroup":
        """The group whose dossiers are there for as many months, where it does not say."""
        return self if self.remove_after_months else self.model_copy(update={"remove_after_months": months})

    @cached_property
    def template(self) -> "GroupTemplate":
        """The template and schedule that the group stands for."""
        review = "owner" if self.write_back == "review" else "none"
        step = {
            "key": STEP,
            "kind": "request",
            "label": self.label,
            "message": self.message,
            "send": {"from": "creation"},
            "items": [field.item(review) for field in self.fields],
            "reminders": None if self.reminders is None else _own_words(self.reminders.model_dump()),
        }
        schedule = {"key": SCHEDULE, "anchor": "period", "starts_on": self.starts_on, "assign": "all"}
        return GroupTemplate(
            template=self.group,
            label=self.label,
            applies_to=[*TYPES[self.applies_to], *PERSONS_OF[self.applies_to]],
            statuses=self.statuses,
            subtasks=[step],
            schedules=[schedule | {"frequency": self.frequency}],
            group=self,
        )


class GroupTemplate(Template):
    """The template of a group's dossiers."""

    group: UpdateGroup


def _own_words(rhythm: dict[str, Any]) -> dict[str, Any]:
    """A rhythm with the reminder of dossiers where the group names none."""
    if rhythm["message"] == REMINDER and rhythm["message_started"] is None:
        return rhythm | {"message": UPDATE_REMINDER, "message_started": UPDATE_REMINDER}
    return rhythm


def fields_in_two(groups: Iterable[UpdateGroup]) -> dict[str, list[str]]:
    """The fields that several groups name, with those groups (U1)."""
    named: dict[str, list[str]] = {}
    for group in groups:
        for name in group.field_names:
            named.setdefault(name, []).append(group.group)
    return {name: found for name, found in named.items() if len(found) > 1}


def update_group_schema() -> dict[str, Any]:
    """JSON Schema of update_groups/ID.yaml, for editors and `relance schema`."""
    return UpdateGroup.model_json_schema()
