"""The words that the product itself says to a firm, in the firm's language: tasks/pages/words.LANGUAGE.yaml.

May touch: tasks/pages. Tests: tests/integration/test_report.py.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

PAGES = Path(__file__).parent / "pages"


@cache
def read_words(language: str) -> dict[str, Any]:
    """All words of a language; English where there are none. Not to be changed: whoever asks gets the same."""
    file = PAGES / f"words.{language}.yaml"
    chosen = file if file.is_file() else PAGES / "words.en.yaml"
    words: dict[str, Any] = yaml.safe_load(chosen.read_text(encoding="utf-8"))
    return words
