"""Models of rules: what happens when a record is saved (W2 to W4). A firm writes them by hand, in rules/NAME.yaml.

May touch: pydantic. Tests: tests/unit/rules/test_rule_files.py.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from tasks.domain.definitions.base import Definition, Key, refuse_twins
from tasks.domain.definitions.condition import ALWAYS, Condition, read_condition
from tasks.domain.definitions.languages import Labels
from tasks.domain.definitions.record_fields import RecordKind, is_data_field, read_value, type_of

Saved = Literal["always", "created", "changed"]
Recipient = Literal["contact", "owner", "invitees"]
SAVED_AT = "saved"
# What names a record, or who it is about, is not a rule's to change.
NEVER_SET = ("activity_id", "mission_id", "relation_id", "type")


class MailAction(Definition):
    """A mail about the record, rendered from it as it was saved.

    Attributes:
        message: the name of its texts.
        to: the client whom the record is about, the owner, or those invited to an activity.
        sender: whose name and address it bears: the owner's, or the firm's.
    """

    message: Key
    to: Recipient
    sender: Annotated[Literal["owner", "firm"], Field(alias="from")] = "firm"


class TaskAction(Definition):
    """A task of a template for the client whom the record is about."""

    template: Key


class Action(Definition):
    """One thing that a rule does: sets fields, sends a mail, or makes a task."""

    set: dict[str, Any] | None = None
    mail: MailAction | None = None
    task: TaskAction | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> "Action":
        given = [name for name in ("set", "mail", "task") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("an action is one of set, mail, task; begin a new line with `-` for each")
        if self.set is not None and not self.set:
            raise ValueError("set: names no field; write set: {FIELD: value}")
        return self


class Delay(Definition):
    """When a rule's actions wait: calendar days from a day of the record, or from its save."""

    days: Annotated[int, Field(ge=-366, le=366)]
    of: Key = SAVED_AT


class Rule(Definition):
    """What happens when a record of one kind is saved.

    Attributes:
        rule: its name.
        on: the kind of record.
        when_saved: at every save, only the first, or only one that changes a record.
        when: the records it is for; without it all.
        do: its actions, in order.
        after: its actions are done later, if the record then still meets `when`.
    """

    rule: Key
    label: Labels | None = None
    on: RecordKind
    when_saved: Saved = "always"
    when: dict[str, Any] = {}
    do: Annotated[list[Action], Field(min_length=1, max_length=20)]
    after: Delay | None = None

    @model_validator(mode="after")
    def _fits_its_records(self) -> "Rule":
        self.condition  # noqa: B018 - read once, so that a bad one is refused with the file
        self.sets  # noqa: B018
        if self.on != "activities" and any(mail.to == "invitees" for mail in self.mails):
            raise ValueError("`to: invitees` is for activities; write contact or owner")
        if self.after and self.after.of != SAVED_AT and type_of(self.on, self.after.of) not in ("day", "instant"):
            raise ValueError(f"after: {self.after.of} is no day and no time; write starts_at, or leave `of` out")
        refuse_twins("mail", [f"{mail.message} to {mail.to}" for mail in self.mails])
        refuse_twins("task", [task.template for task in self.tasks])
        return self

    @cached_property
    def condition(self) -> Condition:
        """`when`, read."""
        return read_condition(self.on, self.when) if self.when else ALWAYS

    @cached_property
    def sets(self) -> Mapping[str, Any]:
        """What all its actions set: field to value, None where they empty it."""
        found: dict[str, Any] = {}
        for name, value in self._written_sets():
            if name in NEVER_SET:
                raise ValueError(f"a rule does not set {name}: it says which record it is, or whose")
            read = read_value(self.on, name, value) if value is not None else None
            if name in found and found[name] != read:
                raise ValueError(f"it sets {name} to {found[name]!r} and to {read!r}")
            type_of(self.on, name)
            found[name] = read
        return found

    def _written_sets(self) -> Iterator[tuple[str, Any]]:
        for action in self.do:
            yield from (action.set or {}).items()

    @property
    def mails(self) -> list[MailAction]:
        """Its mails, in order."""
        return [action.mail for action in self.do if action.mail]

    @property
    def tasks(self) -> list[TaskAction]:
        """Its tasks, in order."""
        return [action.task for action in self.do if action.task]

    @property
    def data_fields(self) -> list[str]:
        """The relation's data fields that it names."""
        return [name for name in (*self.condition.fields, *self.sets) if is_data_field(self.on, name)]


def rules_of(rules: Iterable[Rule], kind: str) -> list[Rule]:
    """The rules of a kind of record, in the order of their files (W2)."""
    return sorted((rule for rule in rules if rule.on == kind), key=lambda rule: rule.rule)


def rule_schema() -> dict[str, Any]:
    """JSON Schema of rules/NAME.yaml, for editors and `relance schema`."""
    return Rule.model_json_schema()
