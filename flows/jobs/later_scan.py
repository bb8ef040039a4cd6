"""Has documents scanned again that came while ClamAV was away, by the night and by dispatch.

May touch: settings, the clock, tasks/. Tests: tests/integration/requests/test_later_scan.py.
"""

from datetime import date

from flows.home.clock import now
from flows.home.settings import Settings
from sql.store import Store
from tasks.domain.definitions.languages import choose_language
from tasks.domain.scope import Scope
from tasks.mail.compose import compose
from tasks.requests.later_scan import Scanned, Scanning, scan_waiting
from tasks.requests.page.view import LANGUAGES
from tasks.requests.reminders import ReminderMessages
from tasks.translations import read_words


def scan_again(settings: Settings, store: Store) -> Scanned:
    """Scan what ClamAV has given no verdict on; nothing where `web.clamd` is not set."""
    firm = settings.firm
    if firm.web.clamd is None:
        return Scanned()

    def reason(language: str | None, name: str) -> str:
        known = choose_language(language, firm.language, LANGUAGES) or "fr"
        words: str = read_words(known)["page"]["infected_later"]
        return words.format(name=name)

    def label(name: str) -> str:
        words: str = read_words(firm.language)["page_tasks"]["infected_later"]
        return words.format(name=name)

    return scan_waiting(Scanning(store, settings.documents, firm.web.clamd, reason, label, now(), settings.today()))


def tell_clients(settings: Settings, store: Store, scanned: Scanned, as_of: date) -> None:
    """Write the messages of the requests of which an item was returned (R4)."""
    for task_id, step in sorted(scanned.returned):
        provider = ReminderMessages(settings.templates, settings.renderer, settings.quiet, step)
        compose(store, settings.renderer, [provider], as_of=as_of, scope=Scope(task_id=task_id))
