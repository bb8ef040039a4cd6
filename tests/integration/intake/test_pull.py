"""Pulls from the firm's own database: by the same validation and ledger as a file, all together or not at all."""

import datetime as dt
import json
from decimal import Decimal

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from factories import TUESDAY, relation
from flows.cli import relance
from flows.home.settings import load_settings
from flows.jobs.pulls import run_pull
from tasks.domain.definitions.yaml_models import DefinitionError
from tasks.domain.intake.gate import GateStopped
from tasks.intake.gate_and_write import ImportOptions
from tasks.intake.query import SourceError, as_text

SOURCE = """
source: crm
url_file: crm.url
pulls:
  - {kind: relations, query: clients.sql, full: true}
  - {kind: missions, query: contracts.sql, mapping: contracts}
"""
CLIENTS = """
SELECT code AS relation_id, 'person' AS type, CASE WHEN active THEN 'client' ELSE 'other' END AS status, name,
    card_until AS "id_card.expires_on"
FROM clients ORDER BY code
"""
CONTRACTS = "SELECT id, client, since FROM contracts ORDER BY id"
MAPPING = """
mapping: contracts
kind: missions
columns:
  mission_id: {from: id, prefix: K}
  relation_id: client
  status: {constant: signed}
  start_on: {from: since, date_format: iso}
"""
TABLES = """
CREATE TABLE clients (code TEXT PRIMARY KEY, name TEXT, active BOOLEAN, card_until DATE);
CREATE TABLE contracts (id INTEGER PRIMARY KEY, client TEXT, since TIMESTAMP)
"""


@pytest.fixture
def crm(office, tmp_path, request):
    """A firm whose clients stand in another database of the same make, and that database."""
    url = f"sqlite:///{tmp_path / 'crm.db'}"
    if not office.store.is_sqlite:
        url = make_url(request.getfixturevalue("postgres_copy")).render_as_string(hide_password=False)
    home = office.settings.home
    (home / "sources").mkdir()
    for name, words in {"crm.yaml": SOURCE, "clients.sql": CLIENTS, "contracts.sql": CONTRACTS}.items():
        (home / "sources" / name).write_text(words, encoding="utf-8")
    (home / "mappings" / "contracts.yaml").write_text(MAPPING, encoding="utf-8")
    (home / "crm.url").write_text(url + "\n", encoding="utf-8")
    office.reload()
    engine = create_engine(make_url(url).set(drivername="sqlite" if office.store.is_sqlite else "postgresql+psycopg"))
    write(engine, *TABLES.split(";"))
    write(engine, *(f"INSERT INTO clients VALUES ('R{n}', 'N{n}', TRUE, '2026-12-01')" for n in range(12)))
    write(engine, "INSERT INTO contracts VALUES (1, 'R1', '2026-01-01 10:00:00')")
    yield engine
    engine.dispose()


def write(engine, *statements):
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def pull(office, **terms):
    return [i.admission for i in run_pull(office.settings, office.store, None, TUESDAY, ImportOptions(**terms))]


def held(office, sql):
    with office.store.begin() as connection:
        return [tuple(map(str, row)) for row in connection.execute(text(sql))]


def test_rows_of_a_query_go_in_as_those_of_a_file_do(office, crm):
    relations, missions = pull(office)
    assert (relations.read, relations.new, relations.file) == (12, 12, "crm/clients.sql")
    assert (missions.read, missions.new, missions.mapping) == (1, 1, "contracts")
    assert held(office, "SELECT mission_id, relation_id, start_on FROM missions") == [("K1", "R1", "2026-01-01")]
    assert held(office, "SELECT expires_on FROM relation_fields WHERE relation_id = 'R3'") == [("2026-12-01",)]
    assert [a.unchanged for a in pull(office)] == [12, 1]


def test_a_client_gone_from_the_source_becomes_former_where_the_pull_is_full(office, crm):
    pull(office)
    write(crm, "DELETE FROM clients WHERE code = 'R7'")
    assert pull(office)[0].made_former == 1
    assert held(office, "SELECT relation_id FROM relations WHERE status = 'former'") == [("R7",)]


def test_q3_a_gate_that_closes_on_one_pull_leaves_the_others_unwritten(office, crm):
    pull(office)
    write(crm, "UPDATE clients SET name = 'Other'", "DELETE FROM contracts")
    with pytest.raises(GateStopped, match="crm/contracts.sql: it holds no rows"):
        pull(office)
    assert held(office, "SELECT COUNT(*) FROM relations WHERE name = 'Other'") == [("0",)]
    assert held(office, "SELECT COUNT(*) FROM imports") == [("2",)]


def test_every_night_begins_by_pulling_and_a_dry_run_pulls_nothing_for_good(office, crm):
    figures = office.night(is_rehearsal=True)
    assert [(p["file"], p["new"]) for p in figures.to_json()["pulled"]] == [
        ("crm/clients.sql", 12),
        ("crm/contracts.sql", 1),
    ]
    assert held(office, "SELECT COUNT(*) FROM relations") == [("0",)]
    assert office.night().read == {"relations": 12}
    assert held(office, "SELECT COUNT(*) FROM relations") == [("12",)]


def test_q3_a_night_whose_source_is_gone_stops_and_mails_nobody(office, crm):
    office.night()
    office.put_on("R1")
    (office.settings.home / "crm.url").write_text("sqlite:////nowhere/at/all.db", encoding="utf-8")
    with pytest.raises(SourceError, match="source crm: there is no database /nowhere/at/all.db"):
        office.night()
    assert office.tasks() == []


def test_a_source_that_is_not_nightly_waits_to_be_asked(office, crm):
    office.edit("sources/crm.yaml", "source: crm\n", "source: crm\nnightly: false\n")
    office.bring(relation("X1"))
    assert office.night().pulled == []
    assert len(pull(office)) == 2


def test_a_query_that_the_source_refuses_is_named(office, crm):
    (office.settings.home / "sources" / "clients.sql").write_text("SELECT code FROM nowhere", encoding="utf-8")
    with pytest.raises(SourceError, match=r"source crm refuses: .*nowhere"):
        pull(office)


def test_a_preview_of_a_pull_shows_its_rows_and_writes_nothing(office, crm):
    shown = run_pull(office.settings, office.store, None, TUESDAY, ImportOptions(is_preview=True))
    assert [(i.admission.new, len(i.rows), len(i.out)) for i in shown] == [(12, 12, 0), (1, 1, 0)]
    assert held(office, "SELECT COUNT(*) FROM relations") == [("0",)]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("url_file: crm.url", "url: postgresql://reader:secret@db/crm", "holds a password"),
        ("url_file: crm.url\n", "", "write either `url` or `url_file`"),
        ("clients.sql", "other.sql", "there is no file sources/other.sql"),
        ("mapping: contracts", "mapping: nobody", "there is no mapping 'nobody' for missions"),
    ],
)
def test_a_slip_in_a_source_stops_everything_before_it_begins(sqlite_office, old, new, says):
    home = sqlite_office.settings.home
    (home / "sources").mkdir()
    for name in ("clients.sql", "contracts.sql"):
        (home / "sources" / name).write_text("SELECT 1", encoding="utf-8")
    (home / "mappings" / "contracts.yaml").write_text(MAPPING, encoding="utf-8")
    (home / "sources" / "crm.yaml").write_text(SOURCE.replace(old, new), encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_settings(home, {})
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_command_line_pulls_and_the_doctor_looks(sqlite_office, tmp_path, monkeypatch):
    home = sqlite_office.settings.home
    monkeypatch.setenv("RELANCE_HOME", str(home))
    assert "holds no source" in CliRunner().invoke(relance, ["pull"]).stderr
    (home / "sources").mkdir()
    (home / "one.db").touch()
    (home / "sources" / "one.sql").write_text(
        "SELECT 'R1' AS relation_id, 'person' AS type, 'client' AS status, 'A' AS name", encoding="utf-8"
    )
    (home / "sources" / "one.yaml").write_text(
        "source: one\nurl: sqlite:///one.db\npulls: [{kind: relations, query: one.sql}]\n",
        encoding="utf-8",
    )
    printed = CliRunner().invoke(relance, ["pull", "one", "--json"], catch_exceptions=False)
    assert [(line["file"], line["new"]) for line in json.loads(printed.stdout)] == [("one/one.sql", 1)]
    assert "There is no source 'two'" in CliRunner().invoke(relance, ["pull", "two"]).stderr
    checks = json.loads(CliRunner().invoke(relance, ["doctor", "--json"]).stdout)
    (check,) = [check for check in checks if check["name"] == "source one"]
    assert check["ok"]
    assert check["detail"].endswith("answers")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, None),
        ("", None),
        (True, "true"),
        (3, "3"),
        (3.0, "3"),
        (2.5, "2.5"),
        (Decimal("10.00"), "10"),
        (dt.date(2026, 1, 31), "2026-01-31"),
        (dt.datetime(2026, 1, 31), "2026-01-31"),
        (dt.datetime(2026, 1, 31, 9, 30), "2026-01-31T09:30:00"),
        (dt.datetime(2026, 1, 31, tzinfo=dt.UTC), "2026-01-31T00:00:00+00:00"),
        (b"abc", "abc"),
        (float("nan"), None),
        (Decimal("NaN"), None),
        (float("inf"), "inf"),
    ],
)
def test_a_databases_value_is_written_as_an_export_would_write_it(value, said):
    assert as_text(value) == said
