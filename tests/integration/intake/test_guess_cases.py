"""Kinds of files on which guesses go wrong: each is guessed right, or its doubt is told."""

import unicodedata
from pathlib import Path

import pytest

from factories import TUESDAY
from flows.jobs.guess_mapping import run_guess, write_profile
from flows.jobs.imports import run_import
from tasks.domain.definitions.profile import Profile
from tasks.domain.definitions.yaml_models import parse_model
from tasks.intake.gate_and_write import ImportOptions

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "18-guesses"
PREVIEW = ImportOptions(is_preview=True)
SAME = "no column of the file seems to say it"


def guessed(path, kind=None):
    _, text = run_guess(path, kind, "guess")
    profile = parse_model(Profile, text, "guess.yaml")
    return profile, [line for line in text.splitlines() if line.startswith("# LOOK: ")]


def written(tmp_path, text):
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "kind", "titles", "says"),
    [
        pytest.param(
            "Id,First Name,Last Name,Email,Phone\nA7,Rita,Holm,rita@x.example,020 7946 0001\n",
            "relations", {"name": ["First Name", "Last Name"]}, "guess again with --kind users", id="contacts, not users",
        ),
        pytest.param(
            "email,firstname,lastname\nrita@x.example,Rita,Holm\nivo@x.example,Ivo,Brandt\n",
            "relations", {"relation_id": ["email"], "name": ["firstname", "lastname"]}, f"relation_id: {SAME}", id="no id",
        ),
        pytest.param(
            "Prénom,Nom,Date de naissance\nRita,Holm,1970-01-01\nRita,Holm,1999-01-01\n",
            "relations", {"relation_id": ["Prénom", "Nom", "Date de naissance"]}, "email: no column", id="name and birthday",
        ),
        pytest.param(
            "ID,ACCOUNTID,NAME,STAGENAME,CLOSEDATE\n1x,7x,300 hinges,Closed Won,2026-10-01\n2x,7x,20 hinges,Prospecting,2026-12-01\n",
            "missions", {"mission_id": ["ID"], "relation_id": ["ACCOUNTID"], "name": ["NAME"]}, None, id="deals",
        ),
        pytest.param(
            "External ID,Name,Work Email\nk1,Rita Holm,rita@x.example\n",
            "relations", {"email": ["Work Email"]}, None, id="work e-mail",
        ),
        pytest.param(
            "Klantnummer;Naam;Voornaam\nK1;Holm;Rita\nK2;Holm;Ivo\n",
            "relations", {"name": ["Voornaam", "Naam"]}, None, id="a last name called name",
        ),
        pytest.param(
            "Client Number,Name,First Name,Last Name\n1,Holm Ltd,Rita,Brandt\n2,Hinge SA,,\n",
            "relations", {"name": ["Name"]}, "perhaps of a contact", id="a firm and its contact",
        ),
        pytest.param(
            "Contact ID,Display Name,First Name,Last Name\n1,Holm Trust,,\n2,Rita Brandt,Rita,Brandt\n",
            "relations", {"name": ["Display Name"]}, None, id="persons and organisations",
        ),
        pytest.param(
            "Code client;Nom, Prénom;Courriel\nC1;Holm, Rita;rita@x.example\nC2;Brandt, Ivo;ivo@x.example\n",
            "relations", {"name": ["Nom, Prénom"]}, "becomes `First Last`", id="last, first",
        ),
        pytest.param(
            "Ref,Zibble,Client Name\nR1,rita@x.example,Rita Holm\n",
            "relations", {"email": ["Zibble"]}, "its title does not say whose", id="an e-mail by its cells",
        ),
        pytest.param(
            "Company ID,Code,Name,Email\n9,A1,Rita Holm,rita@x.example\n9,A2,Ivo Brandt,ivo@x.example\n",
            "relations", {"relation_id": ["Code"]}, None, id="a constant is no id",
        ),
        pytest.param(
            "Lead ID,First Name,Last Name,Email,Lead Owner\nL1,Rita,Holm,rita@x.example,Ivo Brandt\n",
            "relations", {"owner_id": ["Lead Owner"]}, "status is 'prospect' in every row", id="leads",
        ),
        pytest.param(
            "Subject,Start Date,Start Time,End Date,End Time\nTax,3/25/2027,9:00 AM,3/25/2027,10:00 AM\n",
            "activities", {"starts_at": ["Start Date", "Start Time"], "activity_id": ["Subject", "Start Date"]},
            "activity_id: no column", id="a date and its time",
        ),
        pytest.param(
            "client id,name,email,id card expiry\nC1,Rita,rita@x.example,05/06/27\n",
            "relations", {"id_card.expires_on": ["id card expiry"]}, "month first would fit", id="both orders",
        ),
        pytest.param(
            "'num','nom','prenom','mail'\n'1','HOLM','Rita','rita@x.example'\n",
            "relations", {"relation_id": ["num"], "name": ["prenom", "nom"]}, None, id="apostrophes around cells",
        ),
        pytest.param(
            "Account Reference,Account Name,Account Status\nA1,Holm Ltd,0\nA2,Hinge Ltd,0\n",
            "relations", {"name": ["Account Name"]}, "would make every row former", id="a state that says nothing",
        ),
    ],
)  # fmt: skip
def test_a_kind_of_file_is_guessed_right_or_in_doubt(tmp_path, text, kind, titles, says):
    profile, doubts = guessed(written(tmp_path, text))
    assert profile.kind == kind
    assert {name: profile.rules[name].titles for name in titles} == titles
    assert says is None or any(says in doubt for doubt in doubts)


@pytest.mark.parametrize(
    ("title", "cells", "becomes"),
    [
        ("Do Not Email", ["1", ""], ["yes", None]),
        ("Email Opt Out", ["Ja", "Nee"], ["yes", "no"]),
        ("Désinscrit", ["vrai", "faux"], ["yes", "no"]),
        ("consent", ["no", "yes"], ["yes", "no"]),
        ("Opt in", ["", "1"], ["yes", "no"]),
        ("Keine E-Mails zulassen", ["Nicht zulassen", "Zulassen"], ["yes", "no"]),
        ("Marketing status", ["Unsubscribed", "Subscribed"], ["yes", "no"]),
    ],
)
def test_an_opt_out_of_any_form_goes_in_as_do_not_mail(sqlite_office, title, cells, becomes):
    office = sqlite_office
    path = written(
        office.settings.home,
        f"Id,Name,Email,{title}\n" + "".join(f"{n},N,n{n}@x.example,{cell}\n" for n, cell in enumerate(cells)),
    )
    write_profile(office.settings, *run_guess(path, "relations", "guess"))
    office.reload()
    shown = run_import(office.settings, office.store, "relations", path, "guess", TUESDAY, PREVIEW)
    words = {"1": "yes", "vrai": "yes", "faux": "no"}
    found = [
        words.get(cell, cell)
        for cell in shown.rows["do_not_mail"].astype(object).where(shown.rows["do_not_mail"].notna(), None)
    ]
    assert (found, shown.admission.quarantined) == (becomes, 0)


def test_last_and_first_names_are_turned_round_and_counted(sqlite_office):
    office = sqlite_office
    path = written(
        office.settings.home,
        'Id,Name,Email\n1,"Holm, Rita",r@x.example\n2,"Brandt, Ivo",i@x.example\n3,Hinge,h@x.example\n',
    )
    write_profile(office.settings, *run_guess(path, "relations", "guess"))
    office.reload()
    shown = run_import(office.settings, office.store, "relations", path, "guess", TUESDAY, PREVIEW)
    assert shown.rows["name"].tolist() == ["Rita Holm", "Ivo Brandt", "Hinge"]
    assert [(r["repair"], r["cells"]) for r in shown.details["repairs"]] == [("turned_name", 2)]


@pytest.mark.parametrize(
    ("title", "cells", "name", "says"),
    [
        ("Company", ["Williams", "Garden"], "company_id", "'Company' may hold names, not ids of relations"),
        ("Contact owner", ["Luc M", "Luc M"], "owner_id", "'Contact owner' is the same in every row"),
        ("Owner", ["lp", "mv"], "owner_id", "'Owner' may hold names, not ids of the firm's users"),
        ("Owner ID", ["lp", "mv"], "owner_id", None),
        ("Owner", ["u1", "u2"], "owner_id", None),
    ],
)
def test_a_reference_that_may_be_a_name_is_doubted(tmp_path, title, cells, name, says):
    lines = [f"{n},Rita,Holm,r{n}@x.example,{cell}\n" for n, cell in enumerate(cells, start=101)]
    profile, doubts = guessed(written(tmp_path, f"Record ID,First Name,Last Name,Email,{title}\n" + "".join(lines)))
    assert profile.rules[name].titles == [title]
    assert any(says in doubt for doubt in doubts) if says else not any(repr(title) in doubt for doubt in doubts)


def test_ids_of_companies_that_are_ids_of_persons_are_doubted(tmp_path):
    lines = [f"{n},Rita,Holm,r{n}@x.example,{n % 3 + 1}\n" for n in range(1, 9)]
    _, doubts = guessed(written(tmp_path, "id,first_name,last_name,email,company_id\n" + "".join(lines)))
    assert any("company_id: 3 values of 'company_id' are also ids of persons" in doubt for doubt in doubts)


def test_ids_that_a_spreadsheet_rewrote_are_doubted(tmp_path):
    path = written(tmp_path, "Code client;Nom;E-mail\n1,23457E+15;Holm;h@x.example\n1,23458E+15;Brandt;b@x.example\n")
    _, doubts = guessed(path)
    assert any(doubt.startswith("# LOOK: relation_id: 2 ids are numbers in scientific notation") for doubt in doubts)


def test_columns_that_are_not_taken_are_listed_without_personal_data(tmp_path):
    path = written(tmp_path, "Id,Name,Email,Badge,Empty\n1,Rita,r@x.example,Zo-77,\n2,Ivo,i@x.example,Ka-78,\n")
    text = run_guess(path, None, "guess")[1]
    assert "#   Badge: xx-99\n#   Empty (empty)\n" in text
    assert "Zo" not in text


def test_masked_letters_have_no_accents(tmp_path):
    path = written(tmp_path, unicodedata.normalize("NFD", "Id,Name,Email,Badge\n1,Rita,r@x.example,Zoé-77\n"))
    assert "#   Badge: xxx-99\n" in run_guess(path, None, "guess")[1]


@pytest.mark.needs_shared
@pytest.mark.parametrize(
    ("name", "kind", "titles"),
    [
        ("clients_as_users", "relations", {"relation_id": ["Id"]}),
        ("no_id", "relations", {"name": ["firstname", "lastname"]}),
        ("deals_as_clients", "missions", {"relation_id": ["ACCOUNTID"], "mission_id": ["ID"], "name": ["NAME"]}),
        ("work_email", "relations", {"email": ["Work Email"]}),
        ("nl_names", "relations", {"name": ["Voornaam", "Naam"]}),
        ("company_contact", "relations", {"name": ["Name"]}),
        ("civi", "relations", {"name": ["Display Name"], "do_not_mail": ["Do Not Email"]}),
        ("quote", "relations", {"relation_id": ["num"]}),
        ("us_time", "activities", {"starts_at": ["start date"]}),
    ],
)
def test_the_cases_of_others_are_right(name, kind, titles):
    if not CASES.is_dir():
        pytest.skip("no shared cases")
    profile, _ = guessed(CASES / f"{name}.csv")
    assert profile.kind == kind
    assert {column: profile.rules[column].titles for column in titles} == titles
