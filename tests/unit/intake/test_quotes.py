"""Files whose cells are quoted by another sign, or whose quotes are escaped."""

import pytest

from tasks.domain.definitions.profile import Profile
from tasks.domain.definitions.yaml_models import DefinitionError, parse_model
from tasks.intake.readers.read_file import read_file

HEAD = "mapping: crm\nkind: users\ncolumns: {user_id: A, email: B}\n"


def read(tmp_path, text, **form):
    path = tmp_path / "f.csv"
    path.write_text(text, encoding="utf-8")
    return read_file(path, "auto", "auto", **form)


def test_cells_between_apostrophes_are_read_where_the_profile_says_so(tmp_path):
    text = "'id','name'\n'1','Moulin, Liège'\n'2','O''Hara'\n"
    rows = read(tmp_path, text, quote="'").rows
    assert rows[["id", "name"]].to_numpy().tolist() == [["1", "Moulin, Liège"], ["2", "O'Hara"]]


def test_a_quote_behind_a_backslash_is_a_part_of_its_cell(tmp_path):
    text = 'id,name\n1,"a \\"b\\", c"\n'
    assert read(tmp_path, text, escape="\\").rows["name"].tolist() == ['a "b", c']
    assert len(read(tmp_path, text).ragged) == 1


def test_an_open_quote_of_another_sign_is_reported(tmp_path):
    assert len(read(tmp_path, "id,name\n1,'open\n2,x\n", quote="'").ragged) == 1


@pytest.mark.parametrize("line", ["quote: ab", "quote: a", 'escape: " "'])
def test_a_quote_that_is_no_sign_is_refused(line):
    with pytest.raises(DefinitionError, match="no sign around cells"):
        parse_model(Profile, HEAD + line, "crm.yaml")
