"""Cells in which a spreadsheet wrote an error instead of a value: they count as empty (Q7).

May touch: pandas. Tests: tests/unit/intake/test_error_cells.py.
"""

import pandas as pd

from tasks.domain.dates.parse_dates import matches

# Excel and LibreOffice write an error's name in the program's language, in capitals and followed by a mark, such as
# #REF! or #NOM?; these are the names without a mark.
WITHOUT_MARK = "N/A|NA|N/D|N/B|NV|NULL|GETTING_DATA|GEGEVENS_OPHALEN|OBTENTION_DONNEES|DATEN_ABRUFEN"
ERROR = (
    rf"#(?:[A-ZÀ-ÖØ-ÞŒ¡¿][A-ZÀ-ÖØ-ÞŒ0-9_/ .]*[!?]|(?i:{WITHOUT_MARK})|#{{2,}})"
    r"|(?:Err|Erreur|Fehler|Fout|Error) ?: ?[0-9]{3}"
)


def is_error(text: pd.Series) -> pd.Series:
    """Whether each cell holds only a spreadsheet's error, or the `####` of a column that was too narrow.

    Args:
        text: cells without surrounding blanks.
    """
    return matches(text, ERROR)
