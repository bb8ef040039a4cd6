"""Q6: ids that a person reads as one are one, for ids of every kind and at every way in, on both databases."""

import contextlib
import json
import uuid

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from factories import TUESDAY, relation, write_csv
from flows.cli import relance
from flows.cli.doctor import examine_home
from flows.jobs import imports as importing
from flows.jobs.imports import run_import
from flows.jobs.pulls import run_pull
from sql.migrate import migrate
from sql.store import Store
from tasks.intake.admit import ImportResult
from tasks.intake.gate_and_write import ImportOptions
from tasks.validation import SUITES, said_by_command

MISSION = {"mission_id": "EX2026-C1", "relation_id": "C1", "name": "TVA 2026", "status": "signed"}
ACTIVITY = {"activity_id": "A-1", "kind": "call", "subject": "Bilan", "starts_at": "2027-01-31T09:30"}
USER = {"user_id": "U1", "email": "ana@firm.example"}
SPELLINGS = ("{0} ", "{1}", "{0}\u200b", "\u200e{0}", "\ufeff{0}", "{2}\u202f{3}", "{2}\u2009{3}", "{2}\u00ad{3}")


def spellings(row_id):
    """An id in other spellings, none of which a blank at its edge explains."""
    made = [s.format(row_id, row_id.swapcase(), row_id[:1], row_id[1:]) for s in SPELLINGS]
    return made[1:]


def out_of(office):
    return office.store.read("open_quarantine")[["row_id", "reason", "problem"]].to_dict("records")


def stored(office, table, column):
    with office.store.begin() as connection:
        return list(connection.execute(text(f"SELECT {column} FROM {table} ORDER BY {column}")).scalars())


@pytest.mark.parametrize(
    ("kind", "row", "key"),
    [
        ("relations", relation("C1", "2027-12-10"), "relation_id"),
        ("missions", MISSION, "mission_id"),
        ("activities", ACTIVITY, "activity_id"),
        ("users", USER, "user_id"),
    ],
)
def test_q6_a_second_spelling_of_an_id_is_set_aside_whatever_the_kind(office, kind, row, key):
    office.bring(relation("C1"))
    office.take(kind, row)
    others = [row | {key: other} for other in spellings(row[key])]
    fresh = [row | {key: f"another-{n}"} for n in range(4 * len(others))]
    again = office.take(kind, row, *others, *fresh)
    assert (again.admission.new, again.admission.quarantined) == (len(fresh), len(others))
    assert stored(office, kind, key) == sorted([row[key], *(other[key] for other in fresh)])
    assert {found["reason"] for found in out_of(office)} == {"duplicate_id"}
    assert all("differs only in capitals, blanks or invisible characters" in f["problem"] for f in out_of(office))


def test_q6_two_spellings_of_one_number_are_reported_with_both_rows_and_the_second_is_set_aside(office):
    told = office.bring(relation("0042"), relation("R1"), *map(relation, ("42", "43", "R0"))).details["findings"]
    assert out_of(office)[0]["problem"].startswith("this id is the same number as another")
    assert [f["first_rows"] for f in told if "one number" in f["problem"]] == [[2]]
    assert [f["first_rows"] for f in told if "same number" in f["problem"]] == [[4]]
    office.bring(relation("42.0"), *map(relation, ("R2", "R3", "R4", "43")), file="other.csv")
    assert stored(office, "relations", "relation_id") == ["0042", "43", "R0", "R1", "R2", "R3", "R4"]


def test_q6_a_relation_under_a_second_spelling_gets_no_second_mail(office):
    office.bring(relation("C001", "2026-12-10"))
    fresh = [relation(f"N{n}", "2027-12-10") for n in range(10)]
    office.bring(relation("C001\u200b", "2026-12-10"), relation("c001", "2026-12-10"), *fresh, file="second.csv")
    office.put_on("C001", "C001\u200b", "c001")
    office.night(TUESDAY)
    office.night(TUESDAY.replace(month=12, day=7))
    assert len(office.mails()) == 1


def test_a_profile_with_exact_ids_takes_every_spelling_of_every_kind(office):
    profile = "mapping: exact\nkind: users\nids: exact\ncolumns: {user_id: id, email: mail}\n"
    (office.settings.home / "mappings" / "exact.yaml").write_text(profile, encoding="utf-8")
    office.reload()
    rows = [{"id": spelling, "mail": "a@firm.example"} for spelling in ("001A", "001a", "7", "07")]
    path = write_csv(office.settings.home / "e.csv", rows)
    assert run_import(office.settings, office.store, "users", path, "exact", TUESDAY).admission.new == 4
    assert next(c for c in examine_home_of(office) if c.name == "ids").ok


def examine_home_of(office):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RELANCE_DATABASE_URL", office.settings.database_url.get_secret_value())
        return examine_home(office.settings.home)


def test_a_full_export_that_spells_an_id_anew_makes_nobody_former(office):
    office.bring(*(relation(f"c{n}", "2027-12-10") for n in range(10)))
    rows = [relation("C0", "2027-12-10"), *(relation(f"c{n}", "2027-12-10") for n in range(1, 10))]
    path = write_csv(office.settings.home / "r.csv", rows)
    done = run_import(office.settings, office.store, "relations", path, None, TUESDAY, ImportOptions(is_full=True))
    assert done.admission.made_former == 0


def test_the_command_that_adds_missions_refuses_a_second_spelling_in_words(office, monkeypatch):
    monkeypatch.setenv("RELANCE_HOME", str(office.settings.home))
    monkeypatch.setenv("RELANCE_DATABASE_URL", office.settings.database_url.get_secret_value())
    office.bring(relation("C1"))
    office.take("missions", MISSION)
    done = CliRunner().invoke(relance, ["mission", "add", "ex2026", "--relations", "C1"])
    assert done.exit_code == 1
    assert "ex2026-C1: this id differs only in capitals" in done.output
    assert "profile" not in done.output
    assert stored(office, "missions", "mission_id") == ["EX2026-C1"]


@pytest.mark.parametrize("kind", ["missions", "mission_services"])
def test_what_is_said_of_a_row_given_by_a_command_speaks_of_no_file(kind):
    suite = json.loads((SUITES / f"{kind}.json").read_text(encoding="utf-8"))
    told = [said_by_command(e["meta"]["says"], kind) for e in suite["expectations"]]
    assert len(set(told)) > 3
    assert [words for words in told if "profile" in words] == []


def test_a_pull_sets_a_second_spelling_aside_too(office, tmp_path):
    office.bring(relation("C1"))
    engine = create_engine(f"sqlite:///{office.settings.home / 'crm.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE clients (id TEXT)"))
        connection.execute(text("INSERT INTO clients VALUES ('c1'), ('D1')"))
    engine.dispose()
    folder = office.settings.home / "sources"
    folder.mkdir(exist_ok=True)
    sql = "SELECT id AS relation_id, 'person' AS type, 'client' AS status, id AS name FROM clients"
    (folder / "clients.sql").write_text(sql, encoding="utf-8")
    (folder / "crm.yaml").write_text(
        "source: crm\nurl: sqlite:///crm.db\npulls: [{kind: relations, query: clients.sql}]\n", encoding="utf-8"
    )
    office.reload()
    run_pull(office.settings, office.store, "crm", TUESDAY)
    assert stored(office, "relations", "relation_id") == ["C1", "D1"]


def test_q6_two_imports_at_once_let_one_spelling_in(office, monkeypatch):
    judge, files = importing.check_file, [("r2.csv", relation("c1"))]

    def judged_while_another_import_is_written(*asked):
        found = judge(*asked)
        if files:
            name, row = files.pop()
            office.bring(row, file=name)
        return found

    monkeypatch.setattr(importing, "check_file", judged_while_another_import_is_written)
    done = office.bring(relation("C1"))
    assert isinstance(done.admission, ImportResult)
    assert done.admission.quarantined == 1
    assert stored(office, "relations", "relation_id") == ["c1"]


def test_ids_of_an_older_database_are_folded_and_the_doctor_lists_its_twins(home, database_url_of_0006, monkeypatch):
    with contextlib.closing(Store(database_url_of_0006)) as store:
        with store.begin() as connection:
            for row_id in ("C1", "c1", "0042", "42", "D1"):
                connection.execute(
                    text(
                        "INSERT INTO relations (relation_id, type, status, name, first_seen_on) "
                        "VALUES (:id, 'person', 'client', 'A', '2026-01-01')"
                    ),
                    {"id": row_id},
                )
        migrate(store)
        with store.begin() as connection:
            keys = connection.execute(text("SELECT relation_id, folded_id FROM relations")).all()
    assert dict(map(tuple, keys)) == {"C1": "c1", "c1": "c1", "0042": "42", "42": "42", "D1": "d1"}
    monkeypatch.setenv("RELANCE_DATABASE_URL", database_url_of_0006)
    monkeypatch.setenv("RELANCE_HOME", str(home))
    done = CliRunner().invoke(relance, ["doctor", "--json"])
    found = next(check for check in json.loads(done.stdout) if check["name"] == "ids")
    assert not found["ok"]
    assert "relations: 0042 = 42, C1 = c1." in found["detail"]
    assert done.exit_code == 1


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url_of_0006(request, tmp_path, postgres_url):
    """A database as the version before this one left it."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgresql":
        name = f"old{uuid.uuid4().hex[:12]}"
        admin = create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        admin.dispose()
        url = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    with contextlib.closing(Store(url)) as store:
        migrate(store, "0006")
    return url
