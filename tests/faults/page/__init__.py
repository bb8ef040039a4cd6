"""A proof, as a program, that the client's page loses no answer: `python -m tests.faults.page`.

`relance web` is killed at every step of an upload and of an answer, and at random; what its database and its documents
hold afterwards is compared with what the client was told. Tests: tests/integration/web/test_page_kills.py.
"""
