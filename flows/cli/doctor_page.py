"""What `relance doctor` says of the client's page: its address and key, and ClamAV.

May touch: settings, a socket. Tests: tests/integration/web/test_page_doctor.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flows.home.settings import Settings


def page_in_words(settings: Settings) -> str:
    """What is in order of the client's page.

    Raises:
        SettingsError: its key cannot be read or written; or ClamAV does not do what it should.
    """
    from flows.home.errors import SettingsError
    from tasks.requests.antivirus import AntivirusError, check_clamd

    web = settings.firm.web
    if web.base is None:
        return "none: web.url is not set, and mails carry no link"
    settings.web_key()
    if web.clamd is None:
        return f"{web.base}, files are not scanned: web.clamd is not set"
    try:
        return f"{web.base}, {check_clamd(web.clamd, web.max_file_mb * 1024 * 1024)}"
    except AntivirusError as error:
        raise SettingsError(str(error)) from None
