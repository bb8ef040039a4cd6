"""Models of forms: which fields of a record are required, read-only or hidden, and when (W1).

A firm writes them by hand, in forms/NAME.yaml.
May touch: pydantic. Tests: tests/unit/rules/test_form_files.py.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import combinations
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from tasks.domain.definitions.base import Definition, Key
from tasks.domain.definitions.condition import ALWAYS, Condition, read_condition
from tasks.domain.definitions.languages import Labels
from tasks.domain.definitions.record_fields import RecordKind, is_data_field, type_of

State = Literal["required", "read_only", "hidden"]
REQUIRED: State = "required"
NO_ROLES = "a form is the same for everybody: roles are not there; leave the key out"


class Form(Definition):
    """What a record of one kind must have.

    Attributes:
        form: its name.
        label: what people call it.
        on: the kind of record.
        order: where two forms speak of one field, the lower number counts.
        when: the records it is for; without it all.
        fields: what holds of each field: required, read_only (a save may not change it) or hidden (nor show it).
    """

    form: Key
    label: Labels | None = None
    on: RecordKind
    order: Annotated[int, Field(ge=0, le=9999)] = 100
    when: dict[str, Any] = {}
    fields: Annotated[dict[str, State], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _has_no_roles(cls, written: Any) -> Any:
        if isinstance(written, dict) and {"role", "roles"} & set(written):
            raise ValueError(NO_ROLES)
        return written

    @model_validator(mode="after")
    def _names_fields_that_are_there(self) -> "Form":
        for name in self.fields:
            type_of(self.on, name)
        self.condition  # noqa: B018 - read once, so that a bad one is refused with the file
        return self

    @cached_property
    def condition(self) -> Condition:
        """`when`, read."""
        return read_condition(self.on, self.when) if self.when else ALWAYS

    @property
    def data_fields(self) -> list[str]:
        """The relation's data fields that it names."""
        return [name for name in (*self.fields, *self.condition.fields) if is_data_field(self.on, name)]


def conflicting_forms(forms: Iterable[Form]) -> list[tuple[Form, Form, str]]:
    """Pairs of forms of the same order that say different things of one field."""
    return [
        (one, other, name)
        for one, other in combinations(forms, 2)
        if one.on == other.on and one.order == other.order
        for name, state in one.fields.items()
        if other.fields.get(name, state) != state
    ]


def in_order(forms: Iterable[Form], kind: str) -> Sequence[Form]:
    """The forms of a kind of record, the one that counts first."""
    return sorted((form for form in forms if form.on == kind), key=lambda form: (form.order, form.form))


def form_schema() -> dict[str, Any]:
    """JSON Schema of forms/NAME.yaml, for editors and `relance schema`."""
    return Form.model_json_schema()
