"""Texts that a firm writes once or in several languages, and which language a reader gets (M9, K3).

May touch: pydantic. Tests: tests/unit/definitions/test_languages.py, tests/integration/mail/test_labels.py.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated

from pydantic import Field

from tasks.domain.definitions.base import Spelled

FALLBACK_LANGUAGE = "fr"  # M9
Label = Annotated[
    str, Field(min_length=1, max_length=200), Spelled(r"^[^\x00-\x1f\x7f]+$", "one line of text, without tabs")
]
Language = Annotated[str, Spelled(r"^[a-z]{2}$", "a language's two small letters, such as fr")]
# One text for all readers, or one per language: {fr: Pièces du mois, en: This month's documents}.
Labels = Label | Annotated[dict[Language, Label], Field(min_length=1)]


def choose_language(relation: str | None, firm: str, available: Collection[str]) -> str | None:
    """The language for a relation (M9): its own, else the firm's, else French, whichever is available first."""
    wanted = (relation, firm, FALLBACK_LANGUAGE)
    return next((language for language in wanted if language in available), None)


def label_in(label: str | Mapping[str, str], relation: str | None, firm: str) -> str:
    """A label in the relation's language; the first language written if none of M9's is available."""
    if isinstance(label, str):
        return label
    return label[choose_language(relation, firm, label) or next(iter(label))]


def stored_labels(label: str | Mapping[str, str] | None) -> str | None:
    """A label's languages as stored in the database next to the firm's own label; None if it is a single text."""
    return None if label is None or isinstance(label, str) else json.dumps(label, ensure_ascii=False)


def stored_label_in(label: str | None, labels: str | None, relation: str | None, firm: str) -> str | None:
    """Like `label_in`, for a label read from the database."""
    return label if labels is None else label_in(json.loads(labels), relation, firm)


def texts_of(label: str | Mapping[str, str]) -> list[str]:
    """Every text of a label, in whichever language."""
    return [label] if isinstance(label, str) else list(label.values())


def stored_options(options: Sequence[str | Mapping[str, str]], firm: str) -> str | None:
    """The options of a choice as stored: the firm's text of each, which an answer is stored as, with its languages."""
    if not options:
        return None
    found = [one if isinstance(one, str) else {"value": label_in(one, None, firm), "labels": one} for one in options]
    return json.dumps(found, ensure_ascii=False)


def options_of(stored: str | None) -> dict[str, str | dict[str, str]]:
    """The options of a choice, read from the database, in their order: what each is stored as, and its label."""
    found = json.loads(stored) if stored else []
    return dict((one, one) if isinstance(one, str) else (one["value"], one["labels"]) for one in found)
