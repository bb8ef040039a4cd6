"""Update groups for tests: a file of the home, and what its dossiers ask."""

from datetime import date
from typing import Any

import yaml

from factories import Office

GROUP = {
    "group": "papers",
    "label": "Documents de conformité",
    "for": "person",
    "fields": [
        {"field": "proof_of_address", "label": "Justificatif de domicile", "type": "document", "expires": "ask"},
        {"field": "turnover", "label": "Chiffre d'affaires", "type": "number"},
    ],
    "starts_on": date(2026, 1, 1),
    "frequency": "quarterly",
    "reminders": "gently",
}
LAST_YEAR, NEW_YEAR = date(2025, 6, 1), date(2026, 1, 1)


def define_group(office: Office, **changes: Any) -> None:
    """Write an update group's file."""
    whole = GROUP | changes
    folder = office.settings.home / "update_groups"
    folder.mkdir(exist_ok=True)
    path = folder / f"{whole['group']}.yaml"
    path.write_text(yaml.safe_dump(whole, allow_unicode=True, sort_keys=False), encoding="utf-8")
    office.reload()


def asked(office: Office, **filters: Any) -> list[tuple[str, str, str]]:
    """Relation, date and items of each dossier."""
    return [
        (task["relation_id"], task["anchor_on"], " ".join(item["key"] for item in task["subtasks"][0]["items"]))
        for task in office.tasks(template="papers", **filters)
    ]
