"""The one root of errors that a person can act on: commands and Prefect flows print their words without a traceback.

    RelanceError
    ├── DefinitionError, ShapeError, SettingsError     what a firm wrote, or how it is set up
    ├── UnreadableFile, UnreadableEvents, SourceError  what was given to read
    ├── GateStopped                                    a feed that looks broken (Q3)
    ├── AssignError, MissionError, TaskError           what was asked of planning
    ├── LedgerError, UndoError, QuarantineFileError    what was asked of imports
    ├── OutboxError, SuppressionError, TransportError  sending
    └── ReportError, StoreError                        writing

May touch: nothing. Tests: tests/unit/test_house.py.
"""


class RelanceError(Exception):
    """Something a person can act on. The message says what, which, and what to do; never personal data (Q5)."""
