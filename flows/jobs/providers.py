"""The providers of due messages, one per kind of cause.

May touch: flows/home, tasks/mail. Tests: tests/integration/mail/test_providers.py.
"""

from flows.home.settings import Settings
from tasks.mail.due import DueProvider
from tasks.mail.task_messages import TaskMessages
from tasks.requests.received import ReceivedMessages
from tasks.requests.reminders import ReminderMessages


def due_providers(settings: Settings) -> tuple[DueProvider, ...]:
    """What `compose` asks for due messages, in this order."""
    mail = settings.firm.mail
    return (
        TaskMessages(settings.templates, settings.renderer, settings.quiet, mail.too_late_days),
        ReceivedMessages(settings.templates, settings.renderer, settings.quiet),
        ReminderMessages(settings.templates, settings.renderer, settings.quiet, max_per_week=mail.max_per_week),
    )
