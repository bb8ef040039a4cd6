"""Rules whose actions waited: judged again, on the record as it is when their time comes (W4).

May touch: sql. Tests: tests/integration/rules/test_delayed.py, on both databases.
"""

from datetime import datetime

from sqlalchemy import select, update

from sql import schema
from sql.store import Store, plain
from tasks.domain.rules.conditions import holds
from tasks.rules.act import OVER, WAITING, act_by
from tasks.rules.records import load_record
from tasks.rules.saves import Acted, RuleBook, Save


def act_delayed(store: Store, book: RuleBook, now: datetime) -> Acted:
    """Do what waited until now, each act in a transaction of its own."""
    t, acted = schema.rule_acts.c, Acted()
    due = select(t.act_id).where(t.outcome == WAITING, t.due_at <= plain(now)).order_by(t.due_at, t.act_id)
    with store.begin(only_reads=True) as connection:
        ids = connection.execute(due).scalars().all()
    for act_id in ids:
        _act(store, book, int(act_id), now, acted)
    return acted


def _act(store: Store, book: RuleBook, act_id: int, now: datetime, acted: Acted) -> None:
    t = schema.rule_acts
    with store.begin() as connection:
        act = connection.execute(select(t).where(t.c.act_id == act_id, t.c.outcome == WAITING)).mappings().first()
        if act is None or act["due_at"] > plain(now):  # a save has moved it meanwhile
            return
        kind = act["record_kind"]
        rule = next((one for one in book.of(kind) if one.rule == act["rule"]), None)
        record = load_record(connection, kind, act["record_id"], book.firm.zone, book.data_fields(kind))
        if rule is None or record is None or not holds(rule.condition, record):
            connection.execute(update(t).where(t.c.act_id == act_id).values(outcome=OVER, judged_at=plain(now)))
            return
        owner = {"owner_id": record.get("owner_id"), "judged_at": plain(now)}
        connection.execute(update(t).where(t.c.act_id == act_id).values(owner))
        save = Save(kind, act["record_id"], act["save"], {}, record, now)
        act_by(connection, book, rule, save, acted, act_id)
