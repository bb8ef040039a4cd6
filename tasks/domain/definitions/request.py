"""Models of a client request within a template: its items, when it is sent, and its reminders.

May touch: pydantic. Tests: tests/unit/definitions/test_request_definitions.py.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from tasks.domain.definitions.base import Definition, FieldName, Key, OffsetDays, Spelled
from tasks.domain.definitions.languages import Labels, texts_of

ItemType = Literal["document", "text", "number", "date", "yes_no", "choice"]
CheckName = Literal["iban", "siret", "siren", "vat", "nrn", "phone", "email"]
Extension = Annotated[str, Spelled(r"^[a-z0-9]{1,8}$", "a file name's ending without its dot, such as pdf")]
Files = Annotated[int, Field(ge=1, le=100)]
PRESETS = {"gently": {"every_days": 7, "max": 5}, "urgently": {"every_days": 2, "max": 5}}
MOST_REMINDERS = 12  # of all cycles of a request together (R4)
REMINDER, REMINDER_STARTED = "reminder", "reminder_started"


class Item(Definition):
    """One item that a request asks for.

    Attributes:
        required: whether the request is complete only with it.
        help: a sentence shown beside it.
        options: of a `choice`, each one text or one per language; the firm's is what an answer is stored as.
        check: what the text of a `text` item must be.
        min_files, max_files, accept: of a `document`: how many, and which file name endings.
        field: the data field of the relation that gets the answer (A3).
        expires: whether the answer's expiry date is asked for, too.
        review: whether the answer counts at once, or after a person of the firm accepts it.
        due_offset_days: from the task's due_on to the item's own.
    """

    key: Key
    label: Labels
    type: ItemType = "document"
    required: bool = True
    help: Labels | None = None
    options: list[Labels] = []
    check: CheckName | None = None
    min_files: Files = 1
    max_files: Files | None = None
    accept: list[Extension] = []
    field: FieldName | None = None
    expires: Literal["ask"] | None = None
    review: Literal["none", "owner"] = "none"
    due_offset_days: OffsetDays | None = None

    @model_validator(mode="after")
    def _has_what_its_type_needs(self) -> "Item":
        if (self.type == "choice") != bool(self.options):
            raise ValueError("`options` belongs to items of type choice, and they need it")
        texts = [text for option in self.options for text in set(texts_of(option))]
        if len(set(texts)) < len(texts):
            raise ValueError("`options` names the same option twice")
        if self.check and self.type != "text":
            raise ValueError("`check` belongs to items of type text")
        of_documents = [n for n in ("min_files", "max_files", "accept") if n in self.model_fields_set]
        if of_documents and self.type != "document":
            raise ValueError(f"`{of_documents[0]}` belongs to items of type document")
        if self.max_files is not None and self.max_files < self.min_files:
            raise ValueError("`max_files` is less than `min_files`")
        if self.expires and self.field is None:
            raise ValueError("`expires: ask` needs `field`: the data field that expires")
        return self

    @property
    def is_sensitive(self) -> bool:
        """Whether its answer must be accepted before it is written to the profile: money and mail go there (D6)."""
        return self.field is not None and self.check in ("iban", "email")


class SendRule(Definition):
    """When a request's first e-mail is sent: a day to count from, and calendar days after it (T3, A4)."""

    start_from: Annotated[Literal["creation", "start", "due"], Field(alias="from")]
    offset_days: OffsetDays = 0


class Reminders(Definition):
    """How often an unanswered request is repeated, and with which messages (M4, R3).

    Attributes:
        every_days: after the real send of the one before.
        max: of one cycle.
        message: for a request of which nothing has come.
        message_started: for one that is begun.
    """

    every_days: Annotated[int, Field(ge=1, le=365)]
    max: Annotated[int, Field(ge=1, le=MOST_REMINDERS)]
    message: Key = REMINDER
    message_started: Key | None = None

    @property
    def started(self) -> str:
        """The message for a request that is begun: the one named, else as `message`, else the shipped one."""
        return self.message_started or (REMINDER_STARTED if self.message == REMINDER else self.message)


def _preset(value: object) -> object:
    if isinstance(value, str):
        if value not in PRESETS:
            raise ValueError(f"{value!r} is not a rhythm; write gently, urgently, or {{every_days: 3, max: 5}}")
        return PRESETS[value]
    return value


Preset = Literal["gently", "urgently"]
Rhythm = Annotated[Reminders, BeforeValidator(_preset, json_schema_input_type=Preset | Reminders)]
