"""The error of a home whose settings cannot be used.

May touch: nothing. Tests: tests/integration/cli/test_cli.py.
"""

from tasks.domain.errors import RelanceError


class SettingsError(RelanceError):
    """The settings cannot be used; the message names the setting and what to do."""
