"""Names of fields, schedules and owners in the report: the firm's labels and names instead of keys.

May touch: sql, the home's definitions. Tests: tests/integration/reporting/test_report_names.py.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from sql import schema
from sql.store import Store
from tasks.domain.definitions.firm import Firm
from tasks.domain.definitions.languages import label_in
from tasks.domain.definitions.template import Template
from tasks.translations import read_words


def names_of(store: Store, firm: Firm, templates: Mapping[str, Template]) -> dict[str, dict[str, str]]:
    """Names by key, for the page.

    Returns:
        `labels` of templates, `schedule_names` by TEMPLATE/KEY, `field_names` and `owner_names`.
    """
    return {
        "labels": {name: label_in(t.label, None, firm.language) for name, t in templates.items()},
        "schedule_names": _schedules(templates, firm.language),
        "field_names": _fields(firm, templates.values()),
        "owner_names": _owners(store),
    }


def _schedules(templates: Mapping[str, Template], language: str) -> dict[str, str]:
    return {
        f"{name}/{schedule.key}": label_in(schedule.label, None, language)
        for name, template in templates.items()
        for schedule in template.schedules
        if schedule.label is not None
    }


def _fields(firm: Firm, templates: Iterable[Template]) -> dict[str, str]:
    """Field names: the firm's own labels first, then those of request items that ask for a field, then Relance's."""
    known: dict[str, str] = dict(read_words(firm.language)["fields"])
    asked = {
        item.field: label_in(item.label, None, firm.language)
        for template in templates
        for step in template.subtasks
        for item in step.items
        if item.field is not None
    }
    own = {field: label_in(label, None, firm.language) for field, label in firm.field_labels.items()}
    return known | asked | own


def _owners(store: Store) -> dict[str, str]:
    """First and last names by user id, followed by the id if two users share a name; users without one are left out."""
    u = schema.users.c
    with store.begin(only_reads=True) as connection:
        users: list[Any] = list(connection.execute(select(u.user_id, u.first_name, u.last_name)))
    names = {row.user_id: " ".join(part for part in (row.first_name, row.last_name) if part) for row in users}
    shared = {name for name, count in Counter(names.values()).items() if count > 1}
    return {i: f"{name} ({i})" if name in shared else name for i, name in names.items() if name}
