"""What a firm writes by hand: templates with their sub-tasks and schedules, as validated models.

May touch: pydantic. Reading the files is flows/home.py's work; messages with file, line and key are
tasks/domain/yaml_models.py's. Tests: tests/unit/test_definitions.py.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

KEY = r"^[a-z0-9][a-z0-9_-]*$"
Key = Annotated[str, Field(pattern=KEY, max_length=64)]
Label = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Days = Annotated[int, Field(ge=0, le=3650)]
OffsetDays = Annotated[int, Field(ge=-3650, le=3650)]

RelationType = Literal["person", "sole_trader", "company", "other"]
RelationStatus = Literal["client", "prospect", "other", "former"]
SubtaskKind = Literal["action", "email", "auto_email"]

FIELD_ANCHOR = "field:"


class Definition(BaseModel):
    """A strict, frozen model: an unknown key is a typo, and a typo must not pass in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Subtask(Definition):
    """One step of a task; `auto_email` sends itself `offset_days` from the task's due_on (T3)."""

    key: Key
    kind: SubtaskKind
    label: Label | None = None
    message: Key | None = None
    offset_days: OffsetDays | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> "Subtask":
        is_mail = self.kind in ("email", "auto_email")
        if is_mail and self.message is None:
            raise ValueError(f"a sub-task of kind {self.kind} needs `message`")
        if not is_mail and self.message is not None:
            raise ValueError("`message` belongs to sub-tasks of kind email or auto_email")
        if self.kind == "auto_email" and self.offset_days is None:
            raise ValueError("a sub-task of kind auto_email needs `offset_days` (0 is the due day)")
        if self.kind != "auto_email" and self.offset_days is not None:
            raise ValueError("`offset_days` belongs to sub-tasks of kind auto_email")
        if self.kind == "action" and self.label is None:
            raise ValueError("a sub-task of kind action needs `label`")
        return self


class Schedule(Definition):
    """When a template's tasks are made: an anchor date, an offset to the due day, a lead before it (P1)."""

    key: Key
    label: Label | None = None
    anchor: Annotated[str, Field(pattern=r"^field:[a-z][a-z0-9_]*$", max_length=80)]
    plan_before_days: Days = 0
    due_offset_days: OffsetDays = 0
    adjust: Literal["none", "previous", "next"] = "none"
    max_overdue_days: Days = 365
    assign: Literal["manual", "all"] = "manual"

    @property
    def field(self) -> str:
        """The data field whose expires_on anchors this schedule."""
        return self.anchor.removeprefix(FIELD_ANCHOR)


class Template(Definition):
    """A kind of follow-up: what is done, for whom, and when."""

    template: Key
    label: Label
    description: str | None = None
    category: Label | None = None
    applies_to: Annotated[list[RelationType], Field(min_length=1)]
    statuses: Annotated[list[RelationStatus], Field(min_length=1)] = ["client"]
    subtasks: Annotated[list[Subtask], Field(min_length=1)]
    schedules: Annotated[list[Schedule], Field(min_length=1)]
    close_when: Literal["renewed"] | None = None

    @model_validator(mode="after")
    def _keys_are_unique(self) -> "Template":
        for what, keyed in (("sub-task", self.subtasks), ("schedule", self.schedules)):
            keys = [item.key for item in keyed]
            twice = sorted({key for key in keys if keys.count(key) > 1})
            if twice:
                raise ValueError(f"{what} key {', '.join(twice)} stands twice; each key names one {what}")
        return self

    @property
    def messages(self) -> list[tuple[int, str]]:
        """Position and name of each sub-task's message."""
        return [(i, s.message) for i, s in enumerate(self.subtasks) if s.message]

    def schedule(self, key: str) -> Schedule | None:
        """The schedule of that key, if the template still has it."""
        return next((s for s in self.schedules if s.key == key), None)


def template_schema() -> dict[str, Any]:
    """JSON Schema of templates/ID.yaml, for editors and `relance schema`."""
    return Template.model_json_schema()
