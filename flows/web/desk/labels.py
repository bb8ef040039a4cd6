"""What data fields are called at the desk: by the firm, else by Relance.

May touch: settings, translations. Tests: tests/integration/desk/test_desk_data.py.
"""

from flows.web.context import Web
from tasks.domain.definitions.languages import label_in
from tasks.translations import read_words


def field_labels(web: Web, language: str) -> dict[str, str]:
    """The label of each field that has one, in the reader's language if it is written in it."""
    firm = web.settings.firm
    ours: dict[str, str] = read_words(language)["fields"]
    return ours | {name: label_in(label, language, firm.language) for name, label in firm.field_labels.items()}
