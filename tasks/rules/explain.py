"""Which forms and rules apply to an activity as it is, why or why not, and what rules did for it (W1, W2).

May touch: sql. Tests: tests/integration/rules/test_explain_rules.py, on both databases.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from sql import schema
from sql.store import Store
from tasks.activities.stored import get_activity
from tasks.domain.activities.times import local_of
from tasks.domain.definitions.form import Form, in_order
from tasks.domain.rules.judge import judge_rule, missing_fields, why
from tasks.domain.rules.records import record_of
from tasks.rules.saves import RuleBook

KIND = "activities"


def explain_rules(store: Store, forms: Iterable[Form], book: RuleBook, activity_id: str) -> list[dict[str, Any]]:
    """One row per form, per rule, and per act of a rule.

    Raises:
        ActivityError: there is no such activity.
    """
    forms = list(forms)
    with store.begin(only_reads=True) as connection:
        activity = get_activity(connection, activity_id)
        t = schema.rule_acts.c
        mine = (t.record_kind == KIND, t.record_id == activity.activity_id)
        acts = connection.execute(select(schema.rule_acts).where(*mine).order_by(t.act_id)).mappings().all()
    record = record_of(activity.record(), KIND, book.firm.zone)
    lacking = {one.field: one.form for one in missing_fields(forms, KIND, record)}
    found = []
    for form in in_order(forms, KIND):
        applies, words = why(form.condition, record)
        lacks = [name for name, by in lacking.items() if by == form.form]
        found.append(_row("form", form.form, applies, words + (f"; missing: {', '.join(lacks)}" if lacks else "")))
    for rule in book.of(KIND):
        verdict = judge_rule(rule, record, record)
        found.append(_row("rule", rule.rule, verdict.applies, verdict.why))
    return found + [_act(dict(act), book) for act in acts]


def _row(kind: str, name: str, applies: bool, words: str) -> dict[str, Any]:
    return {"kind": kind, "name": name, "applies": applies, "why": words, "save": None, "outcome": None, "at": None}


def _act(act: dict[str, Any], book: RuleBook) -> dict[str, Any]:
    at = act["due_at"] if act["outcome"] == "waiting" else act["judged_at"]
    words = "; ".join(part for part in (act["reason"], act["detail"]) if part)
    return _row("act", act["rule"], act["outcome"] in ("done", "waiting"), words) | {
        "save": act["save"],
        "outcome": act["outcome"],
        "at": local_of(at, book.firm.zone).strftime("%Y-%m-%dT%H:%M"),
    }
