"""Q5: fifty planted names, addresses and card numbers turn up in mails and tables, and nowhere else."""

import json
import logging
from datetime import timedelta

import pytest
from click.testing import CliRunner

from factories import TUESDAY, relation, write_csv
from flows.cli import relance
from posting import NINE, TWO_AT_NIGHT, events
from stand_in import KEY, error, gateway

COUNT = 17
NAMES = [f"Canari Zéphyrin{n:02d}" for n in range(COUNT)]
ADDRESSES = [f"canari.{n:02d}@cage.example" for n in range(COUNT)]
CARDS = [f"592-77{n:02d}999-{n:02d}" for n in range(16)]
CANARIES = [*NAMES, *ADDRESSES, *CARDS]


@pytest.fixture
def cage(firm, service, monkeypatch):
    """A home with the canaries in it: most are good rows, some are quarantined."""
    rows = [
        relation(f"K{n:02d}", "2026-11-20", name=NAMES[n], email=ADDRESSES[n], id_card=CARDS[n % len(CARDS)])
        for n in range(COUNT)
    ]
    rows[15]["type"] = "canary"
    rows[16]["email"] = ADDRESSES[16].replace("@", " ")
    monkeypatch.setenv("RELANCE_HOME", str(firm.settings.home))
    monkeypatch.setenv("SENDGRID_API_KEY", KEY)
    monkeypatch.setenv("SENDGRID_HOST", service.url)
    write_csv(firm.settings.home / "canaries.csv", rows)
    return firm


def test_there_are_fifty():
    assert len(set(CANARIES)) == 50


def test_q5_no_canary_leaves_its_cage(cage, service, clock, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    said = []

    def desk(*words):
        result = CliRunner().invoke(relance, [*words, "--home", str(cage.settings.home)], catch_exceptions=False)
        said.append(result.stderr)
        return result

    desk("import", "relations", str(cage.settings.home / "canaries.csv"), "--as-of", "2026-11-17")
    desk("assign", "id-card/renewal", "--start", "2026-11-17")
    service.faults(error(400), gateway(502, accepted=True, nth=4), error(500, nth=6))
    said.append(json.dumps(cage.night(TUESDAY, reports=True).to_json()))
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=5))
    said.append(json.dumps(cage.night(TUESDAY, reports=True).to_json()))
    clock.turn(NINE)
    told = tmp_path / "events.json"
    told.write_text(json.dumps([*events(service, "bounce"), {"email": ADDRESSES[0], "event": "bounce"}]))
    for words in (("events", str(told), "--as-of", "2026-11-24"), ("outbox", "list"), ("outbox", "explain", "1")):
        desk(*words)
    desk("suppressions", "lift", ADDRESSES[0])
    desk("doctor")
    desk("dispatch", "--as-of", "2026-11-24")

    mails = [mail for request in service.requests() for mail in request["mails"]]
    assert {mail["email"] for mail in mails} >= set(ADDRESSES[:14]), "the canaries flew"
    carried = json.dumps([mail["custom_args"] for mail in mails] + [r["categories"] for r in service.requests()])
    heard = "\n".join([caplog.text, *said, carried])
    assert [canary for canary in CANARIES if canary in heard or canary.replace("@", "%40") in heard] == []
    assert KEY not in heard


def test_q5_the_ledgers_hold_no_canary(cage, service):
    service.faults(error(400, times=3))
    CliRunner().invoke(
        relance, ["import", "relations", str(cage.settings.home / "canaries.csv")], catch_exceptions=False
    )
    cage.night(TUESDAY, reports=True)
    from sql import schema

    with cage.store.begin() as connection:
        ledgers = [
            str(row)
            for table in (schema.attempts, schema.runs, schema.imports)
            for row in connection.execute(table.select())
        ]
    assert [canary for canary in CANARIES if canary in "\n".join(ledgers)] == []
