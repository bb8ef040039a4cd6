"""Which of many saved records a rule may act on: conditions over whole columns, before a record is read by itself.

May touch: sql. Tests: tests/integration/rules/test_rules_at_import.py, on both databases.
"""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Connection, Select, select

from sql import schema
from tasks.domain.activities.activity import NAMES_IN_TABLE
from tasks.domain.definitions.kinds import EXPIRES_ON, KINDS
from tasks.domain.definitions.record_fields import is_data_field
from tasks.domain.rules.masks import mask
from tasks.domain.rules.records import record_frame
from tasks.rules.saves import RuleBook

RECORDS_A_PART = 10_000
NAMES = {"activities": NAMES_IN_TABLE, "relations": {"do_not_mail": "is_opted_out"}, "missions": {}}


def matching(connection: Connection, book: RuleBook, kind: str, ids: Sequence[str]) -> Iterator[str]:
    """The ids of the records that meet the condition of some rule."""
    rules = book.of(kind)
    if not rules:
        return
    names = list(dict.fromkeys(name for rule in rules for name in rule.condition.fields))
    for start in range(0, len(ids), RECORDS_A_PART):
        part = ids[start : start + RECORDS_A_PART]
        records = _columns(connection, kind, names, part, book.firm.zone)
        found = pd.Series(False, index=records.index)
        for rule in rules:
            found |= mask(rule.condition, records)
        yield from records.index[found]


def _columns(
    connection: Connection, kind: str, names: Sequence[str], ids: Sequence[str], zone: ZoneInfo
) -> pd.DataFrame:
    """The named fields of some records, one row per record that exists, by id."""
    table, key = schema.metadata.tables[kind], KINDS[kind].keys[0]
    own = {name: NAMES[kind].get(name, name) for name in names if not is_data_field(kind, name)}
    wanted = select(table.c[key].label("_id"), *(table.c[column].label(name) for name, column in own.items()))
    rows = connection.execute(wanted.where(table.c[key].in_(ids)).order_by(table.c[key])).all()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=["_id", *own], dtype=object).set_index("_id")
    for name in (name for name in names if name not in own):
        known = dict(connection.execute(_data_field(name, ids)).tuples().all())
        frame[name] = frame.index.map(known).astype(object)
    return record_frame(frame, kind, zone)


def _data_field(name: str, ids: Sequence[str]) -> "Select[tuple[str, object]]":
    f = schema.relation_fields.c
    column = f.expires_on if name.endswith(EXPIRES_ON) else f.value
    return select(f.relation_id, column).where(f.relation_id.in_(ids), f.field == name.removesuffix(EXPIRES_ON))
