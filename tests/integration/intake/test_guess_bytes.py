"""The guess as a function of bytes, with its evidence, and the profiles that fit a file; the command goes the same way."""

import gzip
import io
import json

import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from factories import TUESDAY
from flows.cli import relance
from flows.jobs.guess_mapping import run_guess
from flows.jobs.imports import run_import
from tasks.domain.definitions.kinds import ShapeError
from tasks.domain.definitions.profile import Profile
from tasks.domain.definitions.yaml_models import parse_model
from tasks.intake.guess import guess_bytes
from tasks.intake.readers.raw_file import UnreadableFile

TEXT = (
    "Code client;Nom;Courriel;Date de création;Zibble\n"
    "C1;Rita Holm;rita@x.example;05/06/2026;A7\n"
    "C2;Hinge SARL;;07/08/2026;B8\n"
)
DATA = TEXT.encode("cp1252")
OWN = "mapping: {name}\nkind: {kind}\nseparator: ';'\nencoding: auto\ncolumns: {columns}\n"
TAKES = "{relation_id: Code client, name: Nom, email: Courriel, type: {constant: person}, status: {constant: client}}"


def call(*arguments):
    return CliRunner().invoke(relance, list(arguments))


def profile(name, columns=TAKES, kind="relations"):
    return parse_model(Profile, OWN.format(name=name, kind=kind, columns=columns), f"{name}.yaml")


def test_bytes_become_a_valid_profile_with_its_evidence():
    guess = guess_bytes("tiers.csv", DATA)
    assert parse_model(Profile, guess.text, "tiers.yaml") == guess.profile
    assert (guess.name, guess.kind, guess.profile.kind) == ("tiers", "relations", "relations")
    assert next(iter(guess.scores)) == "relations"
    found = {evidence.column: evidence for evidence in guess.columns}
    assert found["email"].titles == ("Courriel",)
    assert found["email"].filled == 0.5
    assert found["relation_id"].samples == ("x9",)
    assert found["status"].rule == {"constant": "client"}
    assert any("every row gets 'client'" in doubt for doubt in found["status"].doubts)
    assert all(doubt in guess.doubts for evidence in guess.columns for doubt in evidence.doubts)
    assert [(left.title, left.samples) for left in guess.left] == [
        ("Date de création", ("99/99/9999",)), ("Zibble", ("x9",)),
    ]  # fmt: skip


def test_the_same_bytes_give_the_same_guess():
    assert guess_bytes("tiers.csv", DATA).to_json() == guess_bytes("tiers.csv", DATA).to_json()


def test_the_command_and_a_file_go_through_the_same_function(tmp_path):
    path = tmp_path / "tiers.csv"
    path.write_bytes(DATA)
    guess = guess_bytes("tiers.csv", DATA)
    assert run_guess(path, None, None) == (guess.name, guess.text)
    assert call("mapping", "guess", str(path), "--home", str(tmp_path)).stdout == run_guess(path, None, None)[1]
    shown = json.loads(call("mapping", "guess", str(path), "--json", "--home", str(tmp_path)).stdout)
    assert shown["text"] == guess.text
    assert {"mapping", "kind", "kinds", "encoding", "separator", "header", "doubts", "columns", "not_taken",
            "fits"} <= set(shown)  # fmt: skip
    assert shown["columns"][0] == {
        "column": "relation_id", "titles": ["Code client"], "rule": "Code client", "filled": 1.0, "samples": ["x9"],
        "doubts": ["relation_id: 'Code client' is taken; 'Zibble' tells the rows apart as well."],
    }  # fmt: skip


def test_json_names_the_file_that_was_written(office):
    path = office.settings.home / "tiers.csv"
    path.write_bytes(DATA)
    home = ("--home", str(office.settings.home))
    shown = json.loads(call("mapping", "guess", str(path), "--json", "--write", *home).stdout)
    assert shown["written"] == str(office.settings.home / "mappings" / "tiers.yaml")


def test_an_upload_may_be_a_workbook_or_compressed():
    book = Workbook()
    for line in TEXT.splitlines():
        book.active.append(line.split(";"))
    held = io.BytesIO()
    book.save(held)
    of_book, of_text = guess_bytes("t.xlsx", held.getvalue()), guess_bytes("t.csv", DATA)
    assert of_book.profile.columns == of_text.profile.columns
    assert guess_bytes("t.csv.gz", gzip.compress(DATA)).profile.columns == of_text.profile.columns


@pytest.mark.parametrize(
    ("name", "data"),
    [("x.csv", b""), ("x.csv", b"%PDF-1.7"), ("x.xlsx", b"no workbook"), ("x.pdf", DATA), ("x.csv", b"one\n1\n2\n"),
     ("x.csv", bytes(range(256)) * 3)],
)  # fmt: skip
def test_bytes_that_are_no_export_are_refused_in_words(name, data):
    with pytest.raises(UnreadableFile, match=r"^x\."):
        guess_bytes(name, data)


def test_profiles_that_fit_are_named_the_one_with_most_titles_first():
    few = "{relation_id: Code client, name: Nom, type: {constant: person}, status: {constant: client}}"
    other = "{relation_id: Autre, name: Nom, type: {constant: person}, status: {constant: client}}"
    one = "{relation_id: Nom, name: {constant: x}, type: {constant: person}, status: {constant: client}}"
    asked = "{relation_id: '?', name: Nom, type: {constant: person}, status: {constant: client}}"
    profiles = [
        profile("few", few),
        profile("most"),
        profile("other", other),
        profile("one", one),
        profile("asked", asked),
    ]
    guess = guess_bytes("tiers.csv", DATA, profiles=profiles)
    assert [fit.mapping for fit in guess.fits] == ["most", "few"]


def test_the_homes_own_profile_is_suggested_with_the_command(office):
    home = office.settings.home
    (home / "mappings" / "crm.yaml").write_text(OWN.format(name="crm", kind="relations", columns=TAKES))
    path = home / "tiers.csv"
    path.write_bytes(DATA)
    said = call("mapping", "guess", str(path), "--home", str(home)).stdout
    assert (
        "# LOOK: the profile crm of this home reads this file as well: try `relance import relations tiers.csv "
        "--mapping crm --preview` first." in said
    )
    shown = json.loads(call("mapping", "guess", str(path), "--json", "--home", str(home)).stdout)
    assert [(fit["mapping"], fit["of"]) for fit in shown["fits"]] == [("crm", "home")]
    assert "reads this file" not in call("mapping", "guess", str(path), "--kind", "users", "--home", str(home)).stdout


def test_a_shipped_profile_that_the_home_has_is_the_homes(office):
    home = office.settings.home
    text = '"External ID","Company Name","Contact Name","Opportunity","Email"\n"x1","A","B","C","a@x.example"\n'
    (home / "leads.csv").write_text(text)
    told = call("mapping", "guess", str(home / "leads.csv"), "--home", str(home)).stdout
    place = "of this home" if (home / "mappings" / "odoo-prospects-en.yaml").exists() else "shipped profile"
    assert told.count("odoo-prospects-en") >= 1
    assert place in told


def test_a_broken_profile_of_the_home_hides_nothing(office):
    home = office.settings.home
    (home / "mappings" / "bad.yaml").write_text("mapping: bad\nkind: nothing\n")
    (home / "mappings" / "crm.yaml").write_text(OWN.format(name="crm", kind="relations", columns=TAKES))
    path = home / "tiers.csv"
    path.write_bytes(DATA)
    done = call("mapping", "guess", str(path), "--home", str(home))
    assert done.exit_code == 0
    assert "the profile crm of this home" in done.stdout
    assert "# LOOK: mappings/bad.yaml" in done.stdout


def test_an_import_without_a_profile_names_the_one_that_fits(office):
    home = office.settings.home
    path = home / "tiers.csv"
    path.write_bytes(DATA)
    refused = (ShapeError, UnreadableFile)
    with pytest.raises(refused, match=r"`relance mapping guess .*tiers.csv --write` proposes a profile\.$"):
        run_import(office.settings, office.store, "relations", path, None, TUESDAY)
    path.write_bytes(b"%PDF-1.7")
    with pytest.raises(UnreadableFile, match=r"Save it as .xlsx, or as CSV UTF-8\.$"):
        run_import(office.settings, office.store, "relations", path, None, TUESDAY)
    path.write_bytes(DATA)
    (home / "mappings" / "crm.yaml").write_text(OWN.format(name="crm", kind="relations", columns=TAKES))
    office.reload()
    with pytest.raises(refused, match=r"The profile crm reads it: add `--mapping crm`\.$"):
        run_import(office.settings, office.store, "relations", path, None, TUESDAY)
    other = TAKES.replace("Code client", "Numéro")
    (home / "mappings" / "other.yaml").write_text(OWN.format(name="other", kind="relations", columns=other))
    office.reload()
    with pytest.raises(refused, match=r"The profile crm reads it: add `--mapping crm`\.$"):
        run_import(office.settings, office.store, "relations", path, "other", TUESDAY)
