"""Mapping profiles: the format of a legacy CRM's export, and how its columns become the canonical ones.

A profile is applied to a file's rows in tasks/domain/intake/reshape.py.
May touch: pydantic. Tests: tests/unit/definitions/test_profile.py.
"""

import unicodedata
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from tasks.domain.dates.date_formats import why_unusable
from tasks.domain.definitions.base import Definition, Key
from tasks.domain.definitions.kinds import KINDS, KindName

AUTO = "auto"
QUOTE = '"'
CANONICAL = "canonical"
ISO, EXCEL = "iso", "excel"
# What databases and spreadsheets write for an empty value.
BLANKS = ["NULL", "null", "\\N", "#N/A", "#VALUE!", "#REF!"]


def composed(text: str) -> str:
    """Text in NFC, with each accent composed with its letter; macOS writes them separately, which looks the same."""
    return unicodedata.normalize("NFC", text)


class ColumnRule(Definition):
    """Where a canonical column comes from.

    Attributes:
        source: title or titles of the source's columns.
        take: with several titles, `all` joins their values with `join`, skipping blanks; `every` joins only if none
            is blank, as a key of several columns requires; `first` takes the first value that is not blank.
        values: a table of the source's values ("" means an empty cell); a value not in it becomes `default`
            or, without a default, is unchanged, and validation decides.
        date_format: strptime format of the source's dates, or several, of which each cell uses the first that fits;
            `iso` is a date or an instant in ISO 8601, `excel` a spreadsheet's serial number.
        blanks: texts that mean an empty cell, in addition to the profile's.
        names: `last_first` turns `Last, First` round, so that it becomes `First Last`.
        case: `name` rewrites cells that are all capitals with the capitals of a name.
        constant: the same text for every row.
        prefix: added before the value, to keep the ids of several files apart.
    """

    source: Annotated[str | list[str] | None, Field(alias="from")] = None
    take: Literal["all", "every", "first"] = "all"
    join: str = " "
    translations: Annotated[dict[str, str], Field(alias="values")] = {}
    default: str | None = None
    date_format: str | list[str] | None = None
    blanks: list[str] = []
    names: Literal["as_is", "last_first"] = "as_is"
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
        """The source's titles that this rule reads, in NFC as files are read."""
        return [composed(t) for t in ([self.source] if isinstance(self.source, str) else self.source or [])]

    @property
    def date_formats(self) -> list[str]:
        """The formats of the dates, in order; empty if the column holds no dates to parse."""
        return [self.date_format] if isinstance(self.date_format, str) else self.date_format or []


class Part(Definition):
    """One entry of a multi-file profile: the files whose names match, and the profile that reads them."""

    file: Annotated[str, Field(min_length=1)]
    mapping: Key
    optional: bool = False


class Profile(Definition):
    """mappings/NAME.yaml: one export's format with a rule for each canonical column; or several files with profiles.

    Column titles that occur more than once in the source are named TITLE, TITLE#2, TITLE#3 from left to right.

    Attributes:
        encoding: a codec's name, or `auto` to detect it from the file's bytes.
        separator: one character, or `auto` to detect it from the file's first record.
        quote: the character around cells that hold the separator.
        escape: the character that takes the meaning from the next one; by default a quote is written twice.
        header: the record that holds the titles, from 1; anything before it is skipped.
        sheet: for a workbook, the sheet's name; by default the first visible one.
        blanks: texts that mean an empty cell, in every column.
        ids: `distinct` quarantines an id that differs from another only in capitals or blanks; `exact` accepts it.
        leave_out: rows that do not concern the firm: by title, the values that identify them.
        keep: `all` takes every other column of the file as a data field, under a tidy name.
        files: instead of kind and columns: what `import all` reads, in order. A file that two profiles read gives two
            kinds of rows.
    """

    mapping: Key
    label: str | None = None
    kind: KindName | None = None
    encoding: str = "utf-8-sig"
    separator: str = ","
    quote: str = QUOTE
    escape: str | None = None
    header: Annotated[int, Field(ge=1, le=1000)] = 1
    sheet: str | None = None
    blanks: list[str] = BLANKS
    ids: Literal["distinct", "exact"] = "distinct"
    leave_out: dict[str, list[str]] = {}
    keep: Literal["named", "all"] = "named"
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

    @model_validator(mode="after")
    def _keeps_only_fields(self) -> "Profile":
        if self.keep == "all" and self.kind and not KINDS[self.kind].has_fields:
            raise ValueError("keep: only relations have data fields; leave `keep` out")
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

    @field_validator("quote", "escape")
    @classmethod
    def _quote_is_one_character(cls, value: str | None) -> str | None:
        if value is not None and (len(value) != 1 or value.isalnum() or value.isspace()):
            raise ValueError(f"{value!r} is no sign around cells; write one sign, such as ' or \\")
        return value

    @property
    def rules(self) -> dict[str, ColumnRule]:
        """Every column as a rule; a plain title is short for a rule with only that source."""
        return {
            name: ColumnRule.model_validate({"from": rule}) if isinstance(rule, str) else rule
            for name, rule in self.columns.items()
        }

    @property
    def titles(self) -> set[str]:
        """Every title that the file must have, in NFC."""
        return {title for rule in self.rules.values() for title in rule.titles} | {composed(t) for t in self.leave_out}
