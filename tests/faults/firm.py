"""The firm whose mails are sent: a starter home that sends by SendGrid, and an outbox full of mails due that day."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import insert, literal, select, update

from flows.home.copy import copy_home
from flows.home.settings import Settings, load_settings
from sql import schema
from sql.bulk import load
from sql.store import Store
from tasks.domain import frames
from tests.harness.stand_in import KEY

DAY = date(2026, 11, 24)  # a Tuesday, and no holiday
TEMPLATE, SCHEDULE, STEP, ITEM = "id-card", "renewal", "ask", "kms"
LONG_EVERY = 150  # every so many mails one is too long for a substitution, and has a request of its own
TEXT = """Bonjour {name},

Votre carte d'identité arrive à échéance le 1er décembre 2026. Afin que votre dossier reste complet, merci de nous
faire parvenir, dès que vous l'aurez, une copie recto verso de votre nouvelle carte : il suffit de répondre à ce
message en la joignant. Si vous l'avez déjà envoyée ces derniers jours, ne tenez pas compte de cette demande.

Bien cordialement,
L'équipe de votre cabinet
"""
HTML = '<p style="margin:0 0 16px;font-family:Arial,sans-serif;font-size:15px;color:#1f2933">{}</p>'
SENTENCE = "Pour mémoire, les pièces déjà reçues sont rangées dans votre dossier permanent. "


def make_home(folder: Path) -> None:
    """A starter home that sends by SendGrid."""
    copy_home("starter", folder)
    path = folder / "firm.yaml"
    words = path.read_text(encoding="utf-8").replace("transport: folder", "transport: sendgrid")
    path.write_text(words, encoding="utf-8")


def settings_of(home: Path, database_url: str, sendgrid_url: str) -> Settings:
    """Its settings, of this database and this SendGrid; the environment has no say."""
    access = {"SENDGRID_API_KEY": KEY, "SENDGRID_HOST": sendgrid_url}
    return load_settings(home, access | {"RELANCE_DATABASE_URL": database_url})


def fill_outbox(store: Store, mails: int) -> None:
    """As many pending messages, each of a task and a relation of its own."""
    with store.begin() as connection:
        for table, frame in (
            (schema.relations, _relations(mails)),
            (schema.follow_up_tasks, _tasks(mails)),
            (schema.follow_up_subtasks, _subtasks(mails)),
            (schema.messages, _messages(mails)),
        ):
            load(connection, table, frame)


def make_reminders(store: Store) -> None:
    """Turn what waits into reminders of requests that are open."""
    s, m, i = schema.follow_up_subtasks, schema.messages, schema.request_items
    reminded = {"kind": "request", "remind_every_days": 3, "remind_max": 5, "remind_on": DAY}
    item = select(
        s.c.task_id, s.c.key, literal(ITEM), literal(0), literal("Kilomètres"), literal("number"), literal("open")
    )
    columns = ["task_id", "subtask", "key", "position", "label", "type", "status"]
    with store.begin() as connection:
        connection.execute(update(s).values(reminded))
        connection.execute(update(m).values(sequence=1))
        connection.execute(insert(i).from_select(columns, item))
    store.close()


def _ids(mails: int) -> pd.Series:
    return "R" + pd.Series(np.arange(1, mails + 1)).astype(frames.TEXT).str.zfill(7)


def _same(mails: int, **values: object) -> pd.DataFrame:
    """Columns that hold one value in every row."""
    return pd.DataFrame({name: [value] * mails for name, value in values.items()})


def _relations(mails: int) -> pd.DataFrame:
    ids = _ids(mails)
    same = _same(mails, type="person", status="client", language="fr", first_seen_on=pd.Timestamp(DAY))
    return same.assign(relation_id=ids, name="Élodie Lefèvre " + ids, email=ids.str.lower() + "@client.example")


def _tasks(mails: int) -> pd.DataFrame:
    same = _same(
        mails,
        template=TEMPLATE,
        schedule=SCHEDULE,
        mission_id="",
        occurrence="2026-12-01",
        label="Carte d'identité",
        planned_on=pd.Timestamp(DAY),
        due_on=pd.Timestamp(2026, 12, 1),
        created_on=pd.Timestamp(DAY),
        status="open",
    )
    return same.assign(task_id=np.arange(1, mails + 1), relation_id=_ids(mails))


def _subtasks(mails: int) -> pd.DataFrame:
    same = _same(mails, key=STEP, position=0, kind="auto_email", send_on=pd.Timestamp(DAY), status="open")
    return same.assign(task_id=np.arange(1, mails + 1))


def _messages(mails: int) -> pd.DataFrame:
    numbers = np.arange(1, mails + 1)
    texts = [TEXT.format(name=f"R{n:07d}") + (SENTENCE * 150 if n % LONG_EVERY == 0 else "") for n in numbers]
    same = _same(
        mails,
        cause_kind="task",
        step=STEP,
        cycle=0,
        sequence=0,
        recipient_kind="relation",
        language="fr",
        send_on=pd.Timestamp(DAY),
        status="pending",
    )
    return same.assign(
        message_id=numbers,
        cause_id=numbers.astype(str),
        recipient_id=_ids(mails),
        subject="Votre carte d'identité : " + _ids(mails),
        body_text=texts,
        body_html=[HTML.format(text.replace("\n\n", "</p><p>")) for text in texts],
    )
