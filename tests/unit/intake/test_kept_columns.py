"""`keep: all`: columns that a profile does not name go in as data fields with tidy names."""

from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from tasks.domain import frames
from tasks.domain.definitions.profile import Profile
from tasks.domain.definitions.yaml_models import DefinitionError, parse_model
from tasks.domain.intake.kept_columns import name_fields
from tasks.domain.intake.reshape import apply_mapping

PARIS = ZoneInfo("Europe/Paris")
LINES = "columns: {relation_id: Id, type: {constant: person}, status: {constant: client}, name: Nom}\n"


def test_names_are_tidy_and_each_is_there_once():
    titles = ["N° de TVA", "nDeTva", "2e adresse", "", "#2", "Name", "€", "id"]
    assert name_fields(titles, {"name", "id"}) == {
        "n_de_tva": "N° de TVA",
        "n_de_tva_2": "nDeTva",
        "field_2e_adresse": "2e adresse",
        "name_2": "Name",
        "id_2": "id",
    }


def test_every_other_column_of_the_file_becomes_a_field():
    raw = pd.DataFrame(
        {"Id": ["1"], "Nom": ["A"], "N° TVA": [" BE1 "], "Note": ["NULL"], "Test": ["x"], "source_row": [2]}
    ).astype({"N° TVA": frames.TEXT, "Note": frames.TEXT})
    profile = parse_model(
        Profile, f"mapping: crm\nkind: relations\nkeep: all\nleave_out: {{Test: [y]}}\n{LINES}", "crm.yaml"
    )
    rows = apply_mapping(raw, profile, PARIS).rows
    assert list(rows.columns) == ["relation_id", "type", "status", "name", "n_tva", "note", "source_row"]
    assert (rows["n_tva"].tolist(), rows["note"].isna().tolist()) == (["BE1"], [True])


def test_only_relations_keep_columns():
    text = "mapping: crm\nkind: users\nkeep: all\ncolumns: {user_id: A, email: B}\n"
    with pytest.raises(DefinitionError, match="only relations have data fields"):
        parse_model(Profile, text, "crm.yaml")
