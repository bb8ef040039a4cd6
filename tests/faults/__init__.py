"""A proof, as a program, that sending loses no mail and doubles none: `python -m tests.faults`.

Dispatches are killed at every step of sending, again and again, against the stand-in for SendGrid, whose journal
alone says what arrived. Tests: tests/unit/harness/test_faults.py.
"""
