"""Removes the dossiers whose last day has passed, in the night and by a deployment of its own.

May touch: tasks/requests, the home's documents/. Tests: tests/integration/requests/test_dossiers.py.
"""

from datetime import date

from flows.home.clock import now
from flows.home.settings import Settings
from sql.lock import LockTaken
from sql.store import Store
from tasks.requests.dossiers import Removed, remove_dossiers
from tasks.translations import read_words


def run_removal(settings: Settings, store: Store, as_of: date) -> Removed | None:
    """Remove dossiers between two nights; None if another run is in progress, which does it itself (P9)."""
    try:
        lock = store.lock().acquire()
    except LockTaken:
        return None
    with lock:
        return remove_past_dossiers(settings, store, as_of)


def remove_past_dossiers(settings: Settings, store: Store, as_of: date) -> Removed:
    """Remove dossiers; within a rehearsal no file is deleted. The caller holds the writer's lock."""
    label = read_words(settings.firm.language)["page_tasks"]["unanswered"]
    documents = None if store.is_within else settings.documents
    return remove_dossiers(store, documents, as_of=as_of, now=now(), label=label)
