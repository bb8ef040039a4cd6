"""Removes the dossiers whose last day has passed, in the night and by a deployment of its own.

May touch: tasks/requests, the home's documents/. Tests: tests/integration/requests/test_dossiers.py.
"""

from datetime import date

from flows.home.clock import now
from flows.home.settings import Settings
from sql.store import Store
from tasks.requests.dossiers import Removed, remove_dossiers
from tasks.translations import read_words


def remove_past_dossiers(settings: Settings, store: Store, as_of: date) -> Removed:
    """Remove dossiers; within a rehearsal no file is deleted."""
    label = read_words(settings.firm.language)["page_tasks"]["unanswered"]
    documents = None if store.is_within else settings.documents
    return remove_dossiers(store, documents, as_of=as_of, now=now(), label=label)
