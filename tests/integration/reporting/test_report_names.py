"""The report calls criteria, schedules and owners by labels and names where there are any."""

import re
from pathlib import Path

from factories import relation, write_csv
from flows.jobs.imports import run_import


def page_of(office):
    found = office.night()
    return re.sub(r"\s+", " ", Path(found.report).read_text(encoding="utf-8"))


def test_the_report_names_fields_schedules_and_owners(sqlite_office):
    office = sqlite_office
    users = [
        {"user_id": "lp", "first_name": "Lise", "last_name": "Petit", "email": "lp@firm.example"},
        {"user_id": "u2", "first_name": "Jan", "last_name": "Peeters", "email": "j1@firm.example"},
        {"user_id": "u3", "first_name": "Jan", "last_name": "Peeters", "email": "j2@firm.example"},
        {"user_id": "u4", "first_name": "", "last_name": "", "email": "u4@firm.example"},
    ]
    path = write_csv(office.settings.home / "users.csv", users)
    run_import(office.settings, office.store, "users", path, None, office.settings.today())
    rows = [relation(f"R{n}", "", owner_id=u) for n, u in enumerate(("lp", "u2", "u3", "u4", ""))]
    office.bring(*rows)
    office.put_on(*(row["relation_id"] for row in rows))
    page = page_of(office)

    assert "Suivi des cartes d&#39;identité (Mise à jour des informations ID)" in page
    assert "Carte d&#39;identité : présent" in page
    for name in ("<td>Lise Petit</td>", "<td>Jan Peeters (u2)</td>", "<td>Jan Peeters (u3)</td>", "<td>u4</td>"):
        assert name in page
    assert "<td>lp</td>" not in page
    assert "id_card :" not in page

    office.edit("firm.yaml", "reports:", "field_labels: {id_card: {fr: Pièce d'identité, nl: Kaart}}\nreports:")
    office.reload()
    assert "Pièce d&#39;identité : présent" in page_of(office)
