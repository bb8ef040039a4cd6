"""The firm that is measured: SIZE relations with an identity card each, all on the schedule, one in twenty due.

One due relation makes one task, two steps and one mail; nothing else is due, and no row is bad.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from flows.home.copy import copy_home
from flows.home.settings import Settings, load_settings
from sql import schema
from sql.bulk import load
from sql.migrate import migrate
from sql.store import Store
from tasks.domain import frames
from tasks.domain.planning.field_dates import TemplateSchedule
from tasks.domain.scope import Scope
from tasks.planning.plan import schedules_of

NIGHT = date(2026, 11, 24)  # a Tuesday, and no holiday: every mail that is due leaves on the day
TEMPLATE, SCHEDULE, FIELD = "id-card", "renewal", "id_card"
ONE_IN = 20
DAYS_ASKED_BEFORE = 5  # offset_days of the starter's mail
DAYS_PLANNED_BEFORE = 20  # plan_before_days of the starter's schedule
USERS = 50
GIVEN = np.array(["Anaïs", "Bruno", "Chloé", "Didier", "Élodie", "Fatima", "Gérard"], dtype=object)
FAMILY = np.array(["Lefèvre", "Peeters", "O'Neill", "Martin", "Nguyễn", "D'Hondt", "Müller", "Åkesson"], dtype=object)


def make_firm(home: Path, size: int) -> dict[str, float]:
    """Make a home with the starter's definitions and `size` relations in its database."""
    make_empty(home)
    settings, store = open_home(home)
    with store.begin() as connection:
        for table, frame in (
            (schema.users, _users()),
            (schema.relations, _relations(size)),
            (schema.relation_fields, _fields(size)),
            (schema.assignments, _assignments(size)),
        ):
            load(connection, table, frame)
    store.close()
    return {"bytes": float(Path(settings.home / "relance.db").stat().st_size)}


def make_empty(home: Path) -> None:
    """A starter home with an empty database."""
    copy_home("starter", home)
    _, store = open_home(home)
    migrate(store)
    store.close()


def open_home(home: Path) -> tuple[Settings, Store]:
    """Its settings and its store; the environment has no say."""
    settings = load_settings(home, {})
    return settings, settings.open_store()


def the_rule(settings: Settings) -> TemplateSchedule:
    """The one schedule that is measured."""
    return schedules_of(settings.templates.values(), Scope(f"{TEMPLATE}/{SCHEDULE}"))[0]


def _users() -> pd.DataFrame:
    numbers = np.arange(USERS)
    ids = pd.Series([f"U{n:02d}" for n in numbers], dtype=frames.TEXT)
    return pd.DataFrame(
        {
            "user_id": ids,
            "first_name": pd.Series(GIVEN[numbers % len(GIVEN)], dtype=frames.TEXT),
            "last_name": pd.Series(FAMILY[numbers % len(FAMILY)], dtype=frames.TEXT),
            "email": ids.str.lower() + "@firm.example",
        }
    )


def _ids(numbers: np.ndarray, letter: str = "R", digits: int = 7) -> pd.Series:
    return letter + pd.Series(numbers).astype(frames.TEXT).str.zfill(digits)


def _picked(values: list[str] | np.ndarray, numbers: np.ndarray) -> pd.Series:
    return pd.Series(np.asarray(values, dtype=object)[numbers % len(values)], dtype=frames.TEXT)


def _relations(size: int) -> pd.DataFrame:
    numbers = np.arange(size)
    ids = _ids(numbers)
    return pd.DataFrame(
        {
            "relation_id": ids,
            "type": _picked(["person", "person", "sole_trader"], numbers),
            "status": _picked(["client", "client", "client", "other"], numbers),
            "name": _picked(GIVEN, numbers) + " " + _picked(FAMILY, numbers // 7) + " " + ids.str[-4:],
            "email": ids.str.lower() + "@" + _ids(numbers % 5000, "client-", 4) + ".example",
            "language": _picked(["fr", "nl", "fr", "en"], numbers // ONE_IN),
            "owner_id": _ids(numbers % USERS, "U", 2),
            "company_id": _ids(numbers // 10).where(pd.Series(numbers % 10 == 0)),
            "first_seen_on": _days(-(numbers % 1000) - 1),
        }
    )


def _fields(size: int) -> pd.DataFrame:
    numbers = np.arange(size)
    soon = (numbers // ONE_IN) % (DAYS_ASKED_BEFORE + 1)
    later = DAYS_PLANNED_BEFORE + 1 + numbers * 7919 % 3600
    return pd.DataFrame(
        {
            "relation_id": _ids(numbers),
            "field": pd.Series(FIELD, index=range(size), dtype=frames.TEXT),
            "expires_on": _days(np.where(numbers % ONE_IN == 0, soon, later)),
            "source": pd.Series("bench.csv", index=range(size), dtype=frames.TEXT),
            "updated_on": _days(np.full(size, -1)),
        }
    )


def _assignments(size: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "relation_id": _ids(np.arange(size)),
            "template": pd.Series(TEMPLATE, index=range(size), dtype=frames.TEXT),
            "schedule": pd.Series(SCHEDULE, index=range(size), dtype=frames.TEXT),
            "start_on": _days(np.full(size, -30)),
        }
    )


def _days(from_the_night: np.ndarray) -> pd.Series:
    return pd.Series((np.datetime64(NIGHT, "D") + from_the_night).astype(frames.DATE))
