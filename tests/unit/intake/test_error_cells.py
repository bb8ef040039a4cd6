"""Q7: what a spreadsheet writes for an error is an empty cell, in every language; a name is a name."""

from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from tasks.domain import frames
from tasks.domain.definitions.profile import Profile
from tasks.domain.intake.error_cells import is_error
from tasks.domain.intake.reshape import apply_mapping, as_they_are

PARIS = ZoneInfo("Europe/Paris")
ERRORS = (  # noqa: SIM905 - a list of forty strings is harder to read
    "#N/A #REF! #NAME? #NOM? #DIV/0! #VALUE! #VALEUR! #NUL! #NULL! #NUM! #NOMBRE! ### ######## #GETTING_DATA #SPILL! "
    "#CALC! #BEZUG! #WERT! #NV #ZAHL! #VERW! #WAARDE! #NAAM? #DEEL/0! #LEEG! #GETAL! #N/B #FIELD! #BLOCKED! #UNKNOWN! "
    "#CONNECT! #BUSY! #PROPAGATION! #ÜBERLAUF! #¡DIV/0! #¿NOMBRE? #n/a Err:502 Erreur:504"
).split()


def raw(*cells, title="name"):
    return pd.DataFrame({title: pd.Series(cells, dtype=frames.TEXT), "source_row": range(2, len(cells) + 2)})


@pytest.mark.parametrize("cell", ERRORS)
def test_q7_an_error_of_a_spreadsheet_is_one_in_every_language(cell):
    assert is_error(pd.Series([cell], dtype=frames.TEXT)).tolist() == [True]


@pytest.mark.parametrize("cell", ["NULL", "nan", "Na", "None", "#1", "##", "C# Consult!", "# 12", "#42!", "Err", "-"])
def test_a_word_and_a_number_sign_are_no_error(cell):
    assert is_error(pd.Series([cell], dtype=frames.TEXT)).tolist() == [False]


def test_q7_error_cells_are_empty_and_counted_without_a_profile():
    found = as_they_are(raw("#N/A", " ####### ", "Null", "nan", "None", "NA"))
    assert found.rows["name"].isna().tolist() == [True, True, False, False, False, False]
    assert [(r.column, r.repair, r.cells, r.first_rows) for r in found.repairs] == [("name", "error_cell", 2, (2, 3))]


@pytest.mark.parametrize("blanks", ["", "blanks: []\n"])
def test_q7_error_cells_are_empty_by_any_profile(blanks):
    columns = {"name": "Nom"} | {c: {"constant": "x"} for c in ("relation_id", "type", "status")}
    mapping = Profile.model_validate(
        {"mapping": "m", "kind": "relations", "columns": columns} | ({"blanks": []} if blanks else {})
    )
    found = apply_mapping(raw("#NOM?", "#N/A", "Nom 1", title="Nom"), mapping, PARIS)
    assert found.rows["name"].isna().tolist() == [True, True, False]
    assert [(r.repair, r.cells) for r in found.repairs] == [("error_cell", 2)]
