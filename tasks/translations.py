"""Relance's own texts in the firm's language: tasks/translations/LANGUAGE.yaml.

May touch: tasks/translations/. Tests: tests/integration/reporting/test_report.py.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

TRANSLATIONS = Path(__file__).parent / "translations"


@cache
def read_words(language: str) -> dict[str, Any]:
    """All texts in a language; English if there is no file for it. Cached; do not modify."""
    file = TRANSLATIONS / f"{language}.yaml"
    chosen = file if file.is_file() else TRANSLATIONS / "en.yaml"
    words: dict[str, Any] = yaml.safe_load(chosen.read_text(encoding="utf-8"))
    return words
