"""Records as forms and rules see them: the same value whether a cell comes as text or from the database."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from tasks.domain.rules.records import record_frame, record_of

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 12, 1, 11)  # UTC
FROM_FILE = {
    "subject": "Bilan",
    "starts_at": pd.Timestamp(NOON),
    "remind_minutes": "30",
    "notify_contact": "Oui",
    "invitees": "U1 U2",
}
STORED = FROM_FILE | {"starts_at": NOON, "remind_minutes": 30, "notify_contact": True}


def test_cells_of_files_and_of_the_database_are_one_record():
    whole = {
        "subject": "Bilan",
        "starts_at": datetime(2026, 12, 1, 12),
        "remind_minutes": 30,
        "notify_contact": True,
        "invitees": ["U1", "U2"],
    }
    assert record_of(FROM_FILE, "activities", PARIS) == whole
    assert record_of(STORED, "activities", PARIS) == whole
    assert record_of({"notify_contact": "non"}, "activities", PARIS) == {"notify_contact": False}


def test_every_kind_of_nothing_is_empty():
    for nothing in (None, "", np.nan, pd.NA, pd.NaT):
        names = ("subject", "starts_at", "remind_minutes", "notify_contact")
        assert set(record_of(dict.fromkeys(names, nothing), "activities", PARIS).values()) == {None}
        assert record_of({"invitees": nothing}, "activities", PARIS) == {"invitees": []}


def test_a_frame_holds_what_each_row_says():
    rows = [FROM_FILE, dict.fromkeys(FROM_FILE), STORED]
    frame = record_frame(pd.DataFrame(rows, dtype=object), "activities", PARIS)
    assert str(frame["starts_at"].dtype) == "datetime64[s]"
    for number, row in enumerate(rows):
        seen = {name: None if _is_nothing(v) else v for name, v in frame.iloc[number].items()}
        assert seen == record_of(row, "activities", PARIS)


def test_a_day_is_a_day_however_it_comes():
    for cell in (date(2026, 12, 1), pd.Timestamp(2026, 12, 1), "2026-12-01"):
        assert record_of({"id_card.expires_on": cell}, "relations", PARIS) == {"id_card.expires_on": date(2026, 12, 1)}


def _is_nothing(value):
    return not isinstance(value, list) and bool(pd.isna(value))
