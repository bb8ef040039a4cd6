"""Whether conditions hold on each record of a frame; equal to tasks/domain/rules/conditions.py, row by row (W1, W2).

May touch: pandas. Tests: tests/unit/rules/test_conditions.py, tests/unit/rules/test_judge.py.
"""

from collections.abc import Iterable

import pandas as pd

from tasks.domain.definitions.condition import Condition, FieldTest
from tasks.domain.definitions.form import REQUIRED, Form, in_order
from tasks.domain.definitions.record_fields import TYPES
from tasks.domain.rules.conditions import COMPARISONS, passes


def mask(condition: Condition, records: pd.DataFrame) -> pd.Series:
    """Whether each record of a frame meets a condition; a column that the frame does not have is empty."""
    found = pd.Series(True, index=records.index)
    for test in condition.tests:
        found &= _passes(test, records)
    for group in condition.alternatives:
        one_holds = pd.Series(False, index=records.index)
        for one in group:
            one_holds |= mask(one, records)
        found &= one_holds
    return found


def _passes(test: FieldTest, records: pd.DataFrame) -> pd.Series:
    if test.field not in records.columns:
        return pd.Series(passes(test, None), index=records.index)
    values = records[test.field]
    if TYPES.get(test.field) == "ids":
        return values.map(lambda value: passes(test, value)).astype(bool)
    is_empty = values.isna() | (values == "").fillna(False).astype(bool)
    if test.how == "empty":
        return is_empty if test.value else ~is_empty
    is_time = pd.api.types.is_datetime64_any_dtype(values)
    if test.how == "in":
        return ~is_empty & values.isin([pd.Timestamp(one) if is_time else one for one in test.value])
    wanted = pd.Timestamp(test.value) if is_time else test.value
    found: pd.Series = COMPARISONS[test.how](values.where(~is_empty), wanted)
    compared = found.fillna(False).astype(bool)
    return is_empty | compared if test.how == "not" else ~is_empty & compared


def required_masks(forms: Iterable[Form], kind: str, records: pd.DataFrame) -> dict[str, pd.Series]:
    """For each field that a form requires, the records of a frame in which it must not be empty (W1)."""
    said: dict[str, pd.Series] = {}
    required: dict[str, pd.Series] = {}
    for form in in_order(forms, kind):
        applies = mask(form.condition, records)
        for name, state in form.fields.items():
            free = applies & ~said.get(name, pd.Series(False, index=records.index))
            if state == REQUIRED:
                required[name] = required.get(name, pd.Series(False, index=records.index)) | free
            said[name] = said.get(name, pd.Series(False, index=records.index)) | applies
    return required
