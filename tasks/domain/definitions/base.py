"""What every definition file shares: the strict model, and the types of keys, names and days.

May touch: pydantic. Tests: tests/unit/definitions/test_definitions.py.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

KEY = r"^[a-z0-9][a-z0-9_-]*$"
Key = Annotated[str, Field(pattern=KEY, max_length=64)]
FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]
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
