"""Finding texts by how they begin, by a plain index on both databases and in any capitals.

May touch: sqlalchemy. Tests: tests/integration/desk/test_desk_relations.py, on both databases.
"""

from sqlalchemy import ColumnElement, or_

LAST = "\U0010ffff"  # no text sorts after it
ESCAPE = "\\"


def begins_with(column: ColumnElement[str], text: str, dialect: str) -> list[ColumnElement[bool]]:
    """Whether a column begins with a text: as it is written, and in each of the capitals in which names are written."""
    return [_begins(column, one, dialect) for one in sorted(_spellings(text))]


def contains(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Whether a column contains a text, in the same spellings; no index helps."""
    return or_(*(column.like(f"%{_escaped(one)}%", escape=ESCAPE) for one in sorted(_spellings(text))))


def _begins(column: ColumnElement[str], text: str, dialect: str) -> ColumnElement[bool]:
    if dialect == "sqlite":
        # LIKE uses no index here, as it knows no difference between capitals and small letters.
        return column.between(text, text + LAST)
    return column.like(f"{_escaped(text)}%", escape=ESCAPE)


def _spellings(text: str) -> set[str]:
    return {text, text.lower(), text.upper(), text.title(), text[:1].upper() + text[1:]}


def _escaped(text: str) -> str:
    for sign in (ESCAPE, "%", "_"):
        text = text.replace(sign, ESCAPE + sign)
    return text
