"""What every definition file shares: the strict model, and the types of keys, names and days.

May touch: pydantic. Tests: tests/unit/definitions/test_definitions.py.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True)
class Spelled:
    """How a text must be spelled: a pattern for the machine, and the same in words for the person who writes it."""

    pattern: str
    words: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": self.pattern}

    def _checked(self, text: str) -> str:
        if re.fullmatch(self.pattern, text) is None:
            raise ValueError(f"{text!r} cannot stand here; write {self.words}")
        return text


KEY = r"^[a-z0-9][a-z0-9_-]*$"
Key = Annotated[str, Field(max_length=64), Spelled(KEY, "small letters without accents, digits, - and _")]
FieldName = Annotated[
    str,
    Field(max_length=63),
    Spelled(r"^[a-z][a-z0-9_]*$", "small letters without accents, digits and _, a letter first"),
]
Days = Annotated[int, Field(ge=0, le=3650)]
OffsetDays = Annotated[int, Field(ge=-3650, le=3650)]


class Definition(BaseModel):
    """A strict, frozen model: an unknown key is a typo and must be reported."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def refuse_twins(what: str, keys: list[str]) -> None:
    """Check that no key occurs twice.

    Raises:
        ValueError: one does; the text names it.
    """
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"{what} key {', '.join(twice)} stands twice; each key names one {what}")
