"""The words that the product itself says to a firm, in the firm's language: tasks/translations/LANGUAGE.yaml.

May touch: tasks/translations/. Tests: tests/integration/reporting/test_report.py.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

TRANSLATIONS = Path(__file__).parent / "translations"


@cache
def read_words(language: str) -> dict[str, Any]:
    """All words of a language; English where there are none. Not to be changed: whoever asks gets the same."""
    file = TRANSLATIONS / f"{language}.yaml"
    chosen = file if file.is_file() else TRANSLATIONS / "en.yaml"
    words: dict[str, Any] = yaml.safe_load(chosen.read_text(encoding="utf-8"))
    return words
