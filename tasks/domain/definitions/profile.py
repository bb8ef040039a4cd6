"""Mapping profiles: what a legacy CRM's export looks like, and how its columns become the canonical ones.

What a profile does to a file's rows is in tasks/domain/intake/reshape.py.
May touch: pydantic. Tests: tests/unit/definitions/test_profile.py.
"""

import unicodedata
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from tasks.domain.dates.date_formats import why_unusable
from tasks.domain.definitions.kinds import KINDS
from tasks.domain.definitions.template import Definition, Key

AUTO = "auto"
CANONICAL = "canonical"
ISO, EXCEL = "iso", "excel"
# What databases and spreadsheets write where nothing is.
BLANKS = ["NULL", "null", "\\N", "#N/A", "#VALUE!", "#REF!"]


def composed(text: str) -> str:
    """A text with each accent in its letter (NFC): macOS writes them apart, and a person sees no difference."""
    return unicodedata.normalize("NFC", text)


class ColumnRule(Definition):
    """Where one canonical column comes from.

    Attributes:
        source: title or titles of the source's columns.
        take: of several titles, `all` joins what they hold with `join`, blanks left out; `every` does so only where
            each holds something, as a key of several columns needs; `first` takes the first that holds anything.
        values: a table of the source's values ("" stands for an empty cell); a value not in it becomes `default`
            or, without one, stays as it is, for validation to judge.
        date_format: strptime format of the source's dates, or several, of which each cell takes the first that fits;
            `iso` is a day or an instant in ISO 8601, `excel` a spreadsheet's serial number.
        blanks: texts that mean an empty cell, beside the profile's.
        case: `name` writes cells that are all capitals as names are written.
        constant: the same text in every row.
        prefix: put before what is found, to keep the ids of several files apart.
    """

    source: Annotated[str | list[str] | None, Field(alias="from")] = None
    take: Literal["all", "every", "first"] = "all"
    join: str = " "
    translations: Annotated[dict[str, str], Field(alias="values")] = {}
    default: str | None = None
    date_format: str | list[str] | None = None
    blanks: list[str] = []
    case: Literal["as_is", "name"] = "as_is"
    constant: str | None = None
    prefix: str = ""

    @model_validator(mode="after")
    def _says_where_from(self) -> "ColumnRule":
        if (self.source is None) == (self.constant is None):
            raise ValueError("write either `from` (a column title or several) or `constant`")
        return self

    @field_validator("date_format")
    @classmethod
    def _formats_can_be_used(cls, value: str | list[str] | None) -> str | list[str] | None:
        formats = [value] if isinstance(value, str) else value or []
        if value == []:
            raise ValueError("write a date format: iso, excel, or one like %d/%m/%Y")
        wrong = {f: why_unusable(f) for f in formats if f not in (ISO, EXCEL)}
        said = [f"{date_format!r} {why}" for date_format, why in wrong.items() if why]
        if said:
            raise ValueError("; ".join(said))
        return value

    @property
    def titles(self) -> list[str]:
        """The source's titles this rule reads, in NFC as files are read."""
        return [composed(t) for t in ([self.source] if isinstance(self.source, str) else self.source or [])]

    @property
    def date_formats(self) -> list[str]:
        """The formats in which dates may be written, in order; none where the column holds no dates to read."""
        return [self.date_format] if isinstance(self.date_format, str) else self.date_format or []


class Part(Definition):
    """One step of a profile for several files: the files whose names fit, read by another profile."""

    file: Annotated[str, Field(min_length=1)]
    mapping: Key
    optional: bool = False


class Profile(Definition):
    """mappings/NAME.yaml: one export's shape, and each canonical column's rule; or several files, each by a profile.

    A column title that stands twice in the source is named TITLE, TITLE#2, TITLE#3 from left to right.

    Attributes:
        encoding: a codec's name, or `auto`: what the file's own bytes say.
        separator: one character, or `auto`: what the file's first record says.
        header: the record that holds the titles, from 1; what stands before it is passed over.
        sheet: of a workbook, the sheet's name; without one the first that shows.
        blanks: texts that mean an empty cell, in every column.
        ids: `distinct` sets aside an id that differs from another only in capitals or blanks; `exact` takes it.
        leave_out: rows that are none of the firm's business: by title, the values that say so.
        files: in place of kind and columns: what an import of everything reads, in order. A file that two
            profiles read gives two kinds of rows.
    """

    mapping: Key
    label: str | None = None
    kind: Literal["relations", "users", "missions", "mission_services", "activities"] | None = None
    encoding: str = "utf-8-sig"
    separator: str = ","
    header: Annotated[int, Field(ge=1, le=1000)] = 1
    sheet: str | None = None
    blanks: list[str] = BLANKS
    ids: Literal["distinct", "exact"] = "distinct"
    leave_out: dict[str, list[str]] = {}
    columns: dict[str, str | ColumnRule] = {}
    files: list[Part] = []

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> "Profile":
        if self.files and (self.kind or self.columns):
            raise ValueError("write `kind` and `columns` for one file, or `files` for several; not both")
        if not self.files and not (self.kind and self.columns):
            raise ValueError("write `kind` (what the rows are) and `columns` (where each canonical column comes from)")
        return self

    @model_validator(mode="after")
    def _has_what_its_kind_requires(self) -> "Profile":
        missing = [c for c in KINDS[self.kind].required if c not in self.columns] if self.kind else []
        if missing:
            raise ValueError(f"columns: {', '.join(missing)} is missing; {self.kind} cannot do without")
        return self

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, value: str) -> str:
        try:
            "".encode("ascii" if value == AUTO else value)
        except LookupError:
            raise ValueError(f"{value!r} is unknown; try auto, utf-8, cp1252, latin-1 or utf-16") from None
        return value

    @field_validator("separator")
    @classmethod
    def _separator_is_one_character(cls, value: str) -> str:
        if value != AUTO and (len(value) != 1 or value in '"\r\n'):
            raise ValueError(f'{value!r} is no separator; write auto, ",", ";" or "\\t"')
        return value

    @property
    def rules(self) -> dict[str, ColumnRule]:
        """Every column as a rule; a bare title is the shortest one."""
        return {
            name: ColumnRule.model_validate({"from": rule}) if isinstance(rule, str) else rule
            for name, rule in self.columns.items()
        }

    @property
    def titles(self) -> set[str]:
        """Every title that the file must have, in NFC."""
        return {title for rule in self.rules.values() for title in rule.titles} | {composed(t) for t in self.leave_out}
