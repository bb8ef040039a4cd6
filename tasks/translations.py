"""Relance's own texts in the firm's language: tasks/translations/LANGUAGE.yaml.

May touch: tasks/translations/. Tests: tests/integration/reporting/test_report.py.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tasks.domain.rules.judge import REQUIRED_BY

TRANSLATIONS = Path(__file__).parent / "translations"


@cache
def read_words(language: str) -> dict[str, Any]:
    """All texts in a language; English if there is no file for it. Cached; do not modify."""
    file = TRANSLATIONS / f"{language}.yaml"
    chosen = file if file.is_file() else TRANSLATIONS / "en.yaml"
    words: dict[str, Any] = yaml.safe_load(chosen.read_text(encoding="utf-8"))
    return words


@cache
def read_desk_words(language: str) -> dict[str, Any]:
    """The texts of the desk in a language. Cached; do not modify."""
    words: dict[str, Any] = yaml.safe_load((TRANSLATIONS / "desk" / f"{language}.yaml").read_text(encoding="utf-8"))
    reasons = read_words(language)["reason"]
    named = {code: said["name"] for code, said in reasons.items()}
    return words | {"reasons": named, "to_do": {code: said["do"] for code, said in reasons.items()}}


def problem_in(problem: str, words: Mapping[str, Any]) -> str:
    """A problem in the reader's language; what a form requires ends in the form's name, which stays."""
    head, form, names = problem.partition(REQUIRED_BY)
    if not head and form:
        return f"{words['required_by_form']} {names}"
    return str(words["problems"].get(problem, problem))
