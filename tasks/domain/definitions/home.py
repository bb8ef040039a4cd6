"""The part of a firm's folder that stages may use: its definitions, without the files, the environment or the clock.

May touch: nothing. Tests: tests/integration/intake/test_import.py.
"""

from collections.abc import Mapping
from typing import Protocol

from tasks.domain.dates.workdays import Workdays
from tasks.domain.definitions.firm import Firm
from tasks.domain.definitions.form import Form
from tasks.domain.definitions.rule import Rule
from tasks.domain.definitions.template import Template


class HomeDefinitions(Protocol):
    """The part of Settings (flows/home/settings.py) that stages use."""

    @property
    def firm(self) -> Firm:
        """firm.yaml."""
        ...

    @property
    def templates(self) -> Mapping[str, Template]:
        """templates/*.yaml, by name."""
        ...

    @property
    def forms(self) -> Mapping[str, Form]:
        """forms/*.yaml, by name."""
        ...

    @property
    def rules(self) -> Mapping[str, Rule]:
        """rules/*.yaml, by name."""
        ...

    @property
    def workdays(self) -> Workdays:
        """The firm's working days."""
        ...
