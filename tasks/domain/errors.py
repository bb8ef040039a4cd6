"""The base class of errors that a person can act on; commands and Prefect flows print these without a traceback.

    RelanceError
    ├── DefinitionError, ShapeError, SettingsError     the firm's files and settings
    ├── UnreadableFile, UnreadableEvents, SourceError  input that cannot be read
    ├── GateStopped                                    a feed that looks broken (Q3)
    ├── AssignError, MissionError, TaskError           planning requests
    ├── LedgerError, UndoError, QuarantineFileError    import requests
    ├── OutboxError, SuppressionError, TransportError  sending
    └── ReportError, StoreError                        writing

May touch: nothing. Tests: tests/unit/test_house.py.
"""


class RelanceError(Exception):
    """An error that a person can act on. The message says what, which, and what to do; no personal data (Q5)."""
