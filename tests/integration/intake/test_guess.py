"""A profile guessed for a file nobody described: valid, read back, and honest about what it does not know."""

import gzip
import unicodedata
from pathlib import Path

import pytest
from click.testing import CliRunner

from factories import TUESDAY
from flows.cli import relance
from flows.home.errors import SettingsError
from flows.jobs.guess_mapping import run_guess, write_profile
from flows.jobs.imports import run_import
from tasks.domain.definitions.kinds import ShapeError
from tasks.domain.definitions.profile import Profile
from tasks.domain.definitions.yaml_models import parse_model
from tasks.intake.gate_and_write import ImportOptions
from tasks.intake.readers.raw_file import UnreadableFile

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
REAL = (
    sorted(p for p in DATA.rglob("*") if p.suffix in (".csv", ".txt") and p.name != "expected.csv")
    if DATA.is_dir()
    else []
)

FRENCH = (
    "Cabinet Dupont - export du 24/11/2026\r\n"
    "\r\n"
    "N° client;Prénom;Nom;Type client;Statut;Courriel;Langue;Responsable;Validité carte d'identité;Téléphone\r\n"
    "C1;JEANNE;MARTIN;Personne physique;Actif;j@x.example;Français;lp;31/12/2026;+33 1\r\n"
    "C2;PAUL;DURAND;Indépendant;Archivé;p@x.example;Nederlands;lp;1/2/2027;\r\n"
    "C3;Ève;Petit;Personne morale;Prospect;;;zz;0000-00-00;\r\n"
    "C4;ANNE;ROY;Mystère;Actif;a@x.example;Français;lp;;\r\n"
)
DUTCH = (
    "Klantnummer,Naam,Klanttype,Klantstatus,E-mailadres,Taal,Dossierbeheerder,Identiteitskaart geldig tot\n"
    "K1,De Vries BV,Vennootschap,Actief,dv@x.example,Nederlands,u1,31-12-26\n"
    "K2,Jan Peeters,Natuurlijk persoon,Inactief,jp@x.example,Frans,u2,28-02-27\n"
)


def guessed(path, **asked):
    _, text = run_guess(path, asked.get("kind"), asked.get("name", "crm"))
    return parse_model(Profile, text, "crm.yaml"), text


def test_a_french_export_in_windows_encoding_is_described_whole(tmp_path):
    path = tmp_path / "clients.csv"
    path.write_bytes(FRENCH.encode("cp1252"))
    profile, text = guessed(path)
    assert (profile.kind, profile.encoding, profile.separator, profile.header) == ("relations", "cp1252", ";", 3)
    rules = profile.rules
    assert rules["relation_id"].titles == ["N° client"]
    assert (rules["name"].titles, rules["name"].case) == (["Prénom", "Nom"], "name")
    assert rules["type"].translations == {
        "Personne physique": "person",
        "Indépendant": "sole_trader",
        "Personne morale": "company",
    }
    assert rules["status"].translations == {"Actif": "client", "Archivé": "former", "Prospect": "prospect"}
    assert rules["language"].translations == {"Français": "fr", "Nederlands": "nl"}
    assert rules["id_card.expires_on"].date_formats == ["%d/%m/%Y"]
    assert "# LOOK: 'Type client' as type: what is 'Mystère'? Add it to `values`." in text
    assert rules["phone"].titles == ["Téléphone"]


def test_a_title_or_value_in_decomposed_form_is_taken_like_its_composed_form(tmp_path):
    path = tmp_path / "clients.csv"
    said = []
    for form in ("NFC", "NFD"):
        path.write_text(unicodedata.normalize(form, FRENCH), encoding="utf-8", newline="")
        said.append(guessed(path)[1])
    assert said[0] == said[1]
    assert 'phone: "Téléphone"' in said[1]


def test_a_column_whose_title_is_known_but_no_value_is_named(tmp_path):
    path = tmp_path / "clients.csv"
    path.write_text("Code client;Nom;Type;Statut\nC1;A;Personne;De\u0301me\u0301nage\u0301\n", encoding="utf-8")
    profile, text = guessed(path)
    assert profile.rules["status"].constant == "client"
    assert (
        "# LOOK: status: 'Statut' has none of the values that are known here ('Déménagé'), and is not taken; every row "
        "gets 'client'."
    ) in text


def test_a_dutch_export_is_described_too(tmp_path):
    path = tmp_path / "klanten.csv"
    path.write_text(DUTCH, encoding="utf-8")
    profile, _ = guessed(path)
    assert {name: rule.titles for name, rule in profile.rules.items()} == {
        "relation_id": ["Klantnummer"],
        "type": ["Klanttype"],
        "status": ["Klantstatus"],
        "name": ["Naam"],
        "email": ["E-mailadres"],
        "language": ["Taal"],
        "owner_id": ["Dossierbeheerder"],
        "id_card.expires_on": ["Identiteitskaart geldig tot"],
    }
    assert profile.rules["id_card.expires_on"].date_formats == ["%d-%m-%y"]


def test_an_english_export_of_missions_and_one_in_a_compressed_file(tmp_path):
    path = tmp_path / "engagements.csv.gz"
    path.write_bytes(
        gzip.compress(b"Contract number\tCustomer ID\tStart date\tStatus\nK1\tC1\t2026-01-31 00:00:00\tPending\n")
    )
    profile, _ = guessed(path)
    assert (profile.kind, profile.separator) == ("missions", "\t")
    assert profile.rules["status"].translations == {"Pending": "sent"}
    assert profile.rules["start_on"].date_formats == ["iso"]


def test_month_first_is_told_where_it_would_fit_as_well(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("id,name,ID card expiry\nC1,A,01/02/2027\n", encoding="utf-8")
    _, text = guessed(path)
    assert "read as day, month, year; month first would fit every cell as well" in text
    path.write_text("id,name,ID card expiry\nC1,A,01/31/2027\n", encoding="utf-8")
    assert guessed(path)[0].rules["id_card.expires_on"].date_formats == ["%m/%d/%Y"]


def test_what_the_file_does_not_say_is_told_and_does_no_harm(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("Contract ID,Client\nK1,C1\n", encoding="utf-8")
    profile, text = guessed(path, kind="missions")
    # A mission that nobody signed makes no task (P4).
    assert profile.rules["status"].constant == "draft"
    assert "# LOOK: status: no column of the file seems to say it; every row gets 'draft'." in text


@pytest.mark.parametrize(
    ("titles", "kind", "says"),
    [
        ("Id,First Name,Last Name,Email,Phone", "relations", "guess again with --kind users"),
        ("id,email", "relations", "guess again with --kind users"),
        (
            "Record ID,First Name,Last Name,Email,Lifecycle Stage",
            "relations",
            "status: 'Lifecycle Stage' has none of the values",
        ),
        ("email,firstname,lastname,company", "relations", "relation_id: no column of the file seems to say it"),
        ("id,is_company,name,email", "relations", None),
        ("login,prenom,nom,email", "users", "guess again with --kind relations"),
    ],
)
def test_contacts_with_an_id_and_an_address_are_clients(tmp_path, titles, kind, says):
    path = tmp_path / "c.csv"
    path.write_text(f"{titles}\n{','.join('a@x.example' for _ in titles.split(','))}\n", encoding="utf-8")
    profile, text = guessed(path)
    assert profile.kind == kind
    assert says in text if says else "--kind" not in text


def test_a_file_of_dos_and_a_column_of_two_orders_are_told_in_the_profile_and_in_the_preview(sqlite_office):
    office = sqlite_office
    rows = "".join(f"C{n};Société;{n + 13}/01/2027\n" for n in range(9))
    path = office.settings.home / "c.csv"
    path.write_bytes(f"Code client;Nom;Expiration CNI\n{rows}X1;Noël;01/31/2027\n".encode("cp850"))
    _, text = guessed(path)
    assert "# LOOK: it is read as cp850, a code page of DOS" in text
    assert "# LOOK: 'Expiration CNI': 1 cells have day and month in the other order" in text
    assert "not a date" not in text  # one word about the same cells
    write_profile(office.settings, "crm", text)
    office.reload()
    shown = run_import(office.settings, office.store, "relations", path, "crm", TUESDAY, ImportOptions(is_preview=True))
    assert shown.rows["name"].tolist()[0] == "Société"
    assert shown.admission.quarantined == 1
    assert [doubt[:60] for doubt in shown.details["doubts"]] == [
        "id_card.expires_on: 9 cells fit %d/%m/%Y and 1 fit %m/%d/%Y "
    ]


def test_a_title_cannot_break_out_of_the_profile(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text('id,"na""me: {x}\n# ",name,Statut\nC1,x,A,"Act: {if}"\n', encoding="utf-8")
    profile, _ = guessed(path)
    assert profile.rules["name"].titles == ["name"]


def test_a_file_without_titles_is_refused_in_words(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("just one column\nof words\n", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="none of its first 10 records is a header"):
        guessed(path)


@pytest.mark.needs_shared
@pytest.mark.parametrize("path", REAL, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_real_export_gets_a_profile_by_which_it_can_be_previewed(sqlite_office, path):
    office = sqlite_office
    name, text = run_guess(path, None, "guessed")
    write_profile(office.settings, name, text)
    office.edit("firm.yaml", "max_bad_share: 0.2", "max_bad_share: 1.0")
    kind = office.settings.mappings[name].kind
    if '"?"' in text:
        assert "write its title in the place of '?'" in text
        return
    admission = run_import(office.settings, office.store, kind, path, name, TUESDAY).admission
    assert admission.read == admission.new + admission.changed + admission.unchanged + admission.quarantined
    assert kind == "missions" or admission.new >= admission.read // 2


def test_by_the_command_line_it_is_printed_or_written_once(sqlite_office, monkeypatch, tmp_path):
    monkeypatch.setenv("RELANCE_HOME", str(sqlite_office.settings.home))
    path = tmp_path / "Clients été.csv"
    path.write_bytes(FRENCH.encode("cp1252"))
    printed = CliRunner().invoke(relance, ["mapping", "guess", str(path)], catch_exceptions=False)
    assert "mapping: clients-ete\nkind: relations\n" in printed.stdout
    said = CliRunner().invoke(relance, ["mapping", "guess", str(path), "--write"], catch_exceptions=False).stderr
    assert "LOOK: 'Type client' as type" in said
    again = CliRunner().invoke(relance, ["mapping", "guess", str(path), "--write"], catch_exceptions=False)
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)
    listed = CliRunner().invoke(relance, ["mapping", "list"], catch_exceptions=False).stdout
    assert "clients-ete" in listed
    shown = CliRunner().invoke(
        relance, ["import", "relations", str(path), "--mapping", "clients-ete", "--preview"], catch_exceptions=False
    )
    assert "4 rows read: 3 new, 0 changed, 0 unchanged, 1 quarantined" in shown.stderr
    with pytest.raises(SettingsError, match="is there already"):
        write_profile(sqlite_office.settings, "clients-ete", "")


def test_a_line_that_still_asks_is_named_by_the_import(sqlite_office):
    office = sqlite_office
    path = office.settings.home / "m.csv"
    path.write_text("Contract ID,Stage\nK1,Won\n", encoding="utf-8")
    write_profile(office.settings, *run_guess(path, "missions", "crm"))
    office.reload()
    with pytest.raises(
        ShapeError, match=r"mappings/crm.yaml has '\?' in its line `relation_id:`.*'Contract ID', 'Stage'"
    ):
        run_import(office.settings, office.store, "missions", path, "crm", TUESDAY)


def test_a_shipped_profile_that_reads_the_file_is_suggested(tmp_path):
    path = tmp_path / "partners.csv"
    path.write_text(
        '"External ID","Company Name","Contact Name","Opportunity","Email"\n"x1","A","B","C","a@x.example"\n'
    )
    text = run_guess(path, None, "crm")[1]
    assert "# LOOK: the shipped profile odoo-prospects-en (" in text
