"""What exports call a language becomes its two letters; what names none is left for validation to name."""

import pandas as pd
import pytest

from tasks.domain import frames
from tasks.domain.intake.language_names import read_languages


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("fr", "fr"), ("FR", "fr"), ("fr_FR", "fr"), ("fr-BE", "fr"), ("fr_FR.UTF-8", "fr"), ("French", "fr"),
        ("Français", "fr"), ("FRANC\u0327AIS", "fr"), ("French / Français", "fr"), ("Frans", "fr"), ("Dutch (BE)", "nl"),
        ("Nederlands", "nl"), ("Néerlandais", "nl"), ("English", "en"), ("en_US", "en"), ("Engels", "en"), ("de", "de"),
        ("French / Dutch", "French / Dutch"), ("oui", "oui"), ("x", "x"), ("en français, merci", "fr"),
        ("French Polynesia\x00", "fr"), (None, None),
    ],
)  # fmt: skip
def test_a_language_is_read_by_its_names_and_locales(cell, code):
    read = read_languages(pd.Series([cell, "nl"], dtype=frames.TEXT))
    assert [None if pd.isna(value) else value for value in read] == [code, "nl"]
