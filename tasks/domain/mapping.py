"""Mapping profiles: how the columns of a legacy CRM's export become the canonical ones.

May touch: pandas, pydantic. Tests: tests/unit/test_mapping.py.
"""

from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import Field, field_validator, model_validator

from tasks.domain import canonical, frames
from tasks.domain.definitions import Definition, Key

AUTO = "auto"


class ColumnRule(Definition):
    """Where one canonical column comes from.

    Attributes:
        source: title or titles of the source's columns.
        take: of several titles, `all` joins what they hold with `join`, blanks left out; `first` takes the
            first that holds anything.
        values: a table of the source's values ("" stands for an empty cell); a value not in it becomes `default`
            or, without one, stays as it is, for validation to judge.
        date_format: strptime format of the source's dates; the column becomes ISO days.
        constant: the same text in every row.
        prefix: put before what is found, to keep the ids of several files apart.
    """

    source: Annotated[str | list[str] | None, Field(alias="from")] = None
    take: Literal["all", "first"] = "all"
    join: str = " "
    translations: Annotated[dict[str, str], Field(alias="values")] = {}
    default: str | None = None
    date_format: str | None = None
    constant: str | None = None
    prefix: str = ""

    @model_validator(mode="after")
    def _says_where_from(self) -> "ColumnRule":
        if (self.source is None) == (self.constant is None):
            raise ValueError("write either `from` (a column title or several) or `constant`")
        return self

    @property
    def titles(self) -> list[str]:
        """The source's titles this rule reads."""
        return [self.source] if isinstance(self.source, str) else self.source or []


class Mapping(Definition):
    """mappings/NAME.yaml: one export's shape, and each canonical column's rule.

    A column title that stands twice in the source is named TITLE, TITLE#2, TITLE#3 from left to right.

    Attributes:
        encoding: a codec's name, or `auto`: what the file's own bytes say.
        separator: one character, or `auto`: what the file's first record says.
    """

    mapping: Key
    label: str | None = None
    kind: Literal["relations", "users", "missions", "mission_services"]
    encoding: str = "utf-8-sig"
    separator: str = ","
    columns: dict[str, str | ColumnRule]

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


CANONICAL = "canonical"


def apply_mapping(raw: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """Canonical text columns from the source's.

    Args:
        raw: the source's columns as text, and source_row; one row per source row.
        mapping: the profile.

    Returns:
        The same rows with the profile's columns and source_row.

    Raises:
        canonical.ShapeError: a title that the profile reads is not in the file.
    """
    missing = sorted({t for rule in mapping.rules.values() for t in rule.titles} - set(raw.columns))
    if missing:
        raise canonical.ShapeError(
            f"column {', '.join(map(repr, missing))} of mapping {mapping.mapping} is missing (missing or renamed at "
            f"the source). The file has: {', '.join(repr(c[:40]) for c in raw.columns if c not in ('source_row', ''))}."
        )
    columns = {name: _apply(raw, rule) for name, rule in mapping.rules.items()}
    return pd.DataFrame(columns | {"source_row": raw["source_row"]})


def _apply(raw: pd.DataFrame, rule: ColumnRule) -> pd.Series:
    if rule.constant is not None:
        return pd.Series(rule.constant, index=raw.index, dtype=frames.TEXT)
    first, *others = (canonical.trimmed(raw[title]) for title in rule.titles)
    found = first
    for other in others:
        both = found.notna() & other.notna()
        joined = found + rule.join + other if rule.take == "all" else found
        found = joined.where(both, found.fillna(other))
    if rule.translations or rule.default is not None:
        found = _translate(found, rule)
    if rule.date_format:
        found = _as_iso(found, rule.date_format)
    prefixed: pd.Series = found.radd(rule.prefix) if rule.prefix else found
    return prefixed


def _translate(found: pd.Series, rule: ColumnRule) -> pd.Series:
    translated = found.fillna("").map(rule.translations)
    otherwise: Any = found if rule.default is None else rule.default
    return translated.astype(frames.TEXT).where(translated.notna(), otherwise)


def _as_iso(found: pd.Series, date_format: str) -> pd.Series:
    """ISO days; what is no date in that format stays as it is, for validation to quarantine with its text."""
    parsed = canonical.parse_days(found, date_format)
    iso: pd.Series = parsed.dt.strftime("%Y-%m-%d").astype(frames.TEXT).where(parsed.notna(), found)
    return iso
