"""What rules do at one save of a record: all of a rule, once, or nothing of it and a finding for the owner (W2 to W4).

May touch: sql, tasks/mail. Tests: tests/integration/rules/test_act.py, on both databases.
"""

from dataclasses import replace

from sqlalchemy import Connection, and_, insert, select, update

from sql import schema
from sql.store import plain
from tasks.activities.stored import find_activity
from tasks.domain.definitions.firm import Firm
from tasks.domain.definitions.rule import SAVED_AT, Rule
from tasks.domain.reasons import Reason
from tasks.domain.rules.delay import due_at
from tasks.domain.rules.judge import changes_of, judge_rule
from tasks.mail.render import MergeFieldMissing, UnsafeMail
from tasks.rules.mails import CannotMail, queue_mails
from tasks.rules.saves import Acted, RuleBook, Save
from tasks.rules.set_fields import set_fields
from tasks.rules.tasks_made import make_task

WAITING, DONE, OVER, LEFT_OUT, FAILED = "waiting", "done", "over", "left_out", "failed"
LONGEST_DETAIL = 500


def act_on_save(connection: Connection, book: RuleBook, save: Save) -> Acted:
    """Do what the firm's rules say of a save, in the transaction of the save.

    All rules are judged on the record as saved; then their actions run in the order of their files.
    """
    acted = Acted()
    if save.kind == "activities":
        save = replace(save, activity=find_activity(connection, save.record_id))
    acting = [rule for rule in book.of(save.kind) if judge_rule(rule, save.before, save.record).applies]
    for rule in acting:
        if rule.after is None:
            act_by(connection, book, rule, save, acted)
        else:
            _wait(connection, rule, save, book.firm)
    _follow_moves(connection, book, save)
    return acted


def act_by(
    connection: Connection, book: RuleBook, rule: Rule, save: Save, acted: Acted, act_id: int | None = None
) -> None:
    """Do all actions of a rule, or none of them if a mail of it cannot be written (W3).

    Args:
        connection: an open transaction.
        book: the firm's rules.
        rule: one whose condition holds.
        save: the record as it is.
        acted: what is counted.
        act_id: of a delayed act whose time has come; None for a new one.
    """
    act_id = act_id if act_id is not None else _open(connection, rule, save)
    if act_id is None:
        return
    if save.quiet and rule.mails:
        acted.imported += save.quiet is Reason.IMPORTED
        _close(connection, act_id, LEFT_OUT, save.quiet.value)
        return
    try:
        with connection.begin_nested():
            changes = changes_of([rule], save.record)
            people = queue_mails(connection, book.renderer, book.firm, rule, save, act_id)
            for task in rule.tasks:
                make_task(connection, book.templates[task.template], book.firm, save, act_id)
            set_fields(connection, save.kind, save.record_id, changes, book.firm.zone, save.now)
    except CannotMail as error:
        _close(connection, act_id, FAILED, error.reason.value, str(error))
    except (MergeFieldMissing, UnsafeMail) as error:
        _close(connection, act_id, FAILED, Reason.MISSING_FIELD.value, str(error))
    else:
        acted.add(people)
        _close(connection, act_id, DONE, None)


def _open(connection: Connection, rule: Rule, save: Save) -> int | None:
    """Note that a rule acts at a save; None if it did already (W4)."""
    t = schema.rule_acts
    key = {"rule": rule.rule, "record_kind": save.kind, "record_id": save.record_id, "save": save.number}
    if connection.execute(select(t.c.act_id).filter_by(**key)).first() is not None:
        return None
    owner = save.record.get("owner_id")
    row = key | {"judged_at": plain(save.now), "outcome": DONE, "owner_id": owner}
    made = connection.execute(insert(t).values(row)).inserted_primary_key
    assert made is not None
    return int(made[0])


def _close(connection: Connection, act_id: int, outcome: str, reason: str | None, detail: str | None = None) -> None:
    t = schema.rule_acts
    values = {"outcome": outcome, "reason": reason, "detail": None if detail is None else detail[:LONGEST_DETAIL]}
    connection.execute(update(t).where(t.c.act_id == act_id).values(values))


def _wait(connection: Connection, rule: Rule, save: Save, firm: Firm) -> None:
    """Note that a rule acts later; an earlier save of the record that waits for the same is replaced."""
    due = due_at(rule, save.record, save.now, firm.zone, firm.mail.send_hour)
    t = schema.rule_acts
    waits = and_(t.c.rule == rule.rule, t.c.record_kind == save.kind, t.c.record_id == save.record_id)
    waits = and_(waits, t.c.outcome == WAITING)
    if due is None:
        return
    if connection.execute(update(t).where(waits).values(due_at=due, save=save.number)).rowcount:
        return
    act_id = _open(connection, rule, save)
    if act_id is not None:
        connection.execute(update(t).where(t.c.act_id == act_id).values(outcome=WAITING, due_at=due))


def _follow_moves(connection: Connection, book: RuleBook, save: Save) -> None:
    """Move what waits for a day of the record, if that day has moved."""
    t = schema.rule_acts
    waits = and_(t.c.record_kind == save.kind, t.c.record_id == save.record_id, t.c.outcome == WAITING)
    by_name = {rule.rule: rule for rule in book.of(save.kind) if rule.after is not None}
    for act in connection.execute(select(t.c.act_id, t.c.rule, t.c.due_at).where(waits)).all():
        rule = by_name.get(act.rule)
        if rule is None or rule.after is None or rule.after.of == SAVED_AT:
            continue
        due = due_at(rule, save.record, save.now, book.firm.zone, book.firm.mail.send_hour)
        if due is not None and due != act.due_at:
            connection.execute(update(t).where(t.c.act_id == act.act_id).values(due_at=due))
