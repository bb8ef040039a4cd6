"""K3: a client reads labels in his language, where the firm wrote them in it."""

import yaml
from sqlalchemy import select

from factories import relation
from sql.schema import messages

VAT = {
    "template": "kms",
    "label": {"fr": "Kilomètres", "nl": "Kilometers"},
    "applies_to": ["person"],
    "subtasks": [
        {
            "key": "ask",
            "kind": "request",
            "label": {"fr": "Vos kilomètres", "nl": "Uw kilometers"},
            "message": "request_documents",
            "items": [
                {"key": "kms", "label": {"fr": "Relevé", "nl": "Overzicht"}},
                {"key": "other", "label": "Autre chose"},
            ],
            "send": {"from": "start"},
        },
        {"key": "call", "kind": "email", "message": "request_documents"},
    ],
    "schedules": [{"key": "once", "anchor": "start", "assign": "all"}],
}


def test_k3_labels_are_in_the_clients_language_and_the_overview_in_the_firms(office):
    (office.settings.home / "templates" / "kms.yaml").write_text(yaml.safe_dump(VAT), encoding="utf-8")
    office.reload()
    office.bring(*(relation(f"R{lang}", language=lang, email=f"{lang}@x.example") for lang in ("fr", "nl", "en")))
    office.night()

    mails = {m["relation_id"]: m for m in office.messages()}
    assert {r: m["subject"] for r, m in mails.items()} == {
        "Rfr": "Vos kilomètres\xa0: documents à nous transmettre",
        "Rnl": "Uw kilometers: documenten gevraagd",
        # The firm wrote none in English: its own language comes next.
        "Ren": "Vos kilomètres: documents we need from you",
    }
    with office.store.begin(only_reads=True) as connection:
        texts = dict(connection.execute(select(messages.c.recipient_id, messages.c.body_text)).all())
    assert "- Overzicht\n- Autre chose" in texts["Rnl"]
    assert "- Relevé\n- Autre chose" in texts["Rfr"]

    for task in office.tasks():
        assert task["label"] == "Kilomètres"
        assert task["subtasks"][0]["label"] == "Vos kilomètres"


def test_k3_the_label_of_a_task_is_in_the_clients_language_too(office):
    office.bring(relation("R1", "2026-11-20", language="nl"))
    office.put_on("R1")
    office.night()
    (mail,) = office.messages()
    assert mail["subject"] == "Opvolging van identiteitskaarten: documenten gevraagd"
