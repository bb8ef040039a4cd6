"""Column titles and values in exports of accounting firms and CRMs: known_titles.yaml, which a translator can edit.

May touch: known_titles.yaml. Tests: tests/unit/intake/test_known_titles.py.
"""

from functools import cache
from pathlib import Path

import yaml

from tasks.domain.intake.guess.known_titles import KnownTitles

FILE = Path(__file__).with_suffix(".yaml")


@cache
def known_titles() -> KnownTitles:
    """Read the file, once."""
    return KnownTitles(**yaml.safe_load(FILE.read_text(encoding="utf-8")))
