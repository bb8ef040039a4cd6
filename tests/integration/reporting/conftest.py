"""Nights of these tests write their report."""

import pytest

from factories import Office


@pytest.fixture(autouse=True)
def with_reports(monkeypatch):
    monkeypatch.setattr(Office, "writes_reports", True)
