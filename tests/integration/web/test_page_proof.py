"""The proof: what was asked, mailed, opened and answered, by whom, in rows that nothing changes (D8)."""

import json
from hashlib import sha256

import pytest
from click.testing import CliRunner
from page_client import link_in, mails
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from factories import TUESDAY
from flows.cli import relance
from flows.jobs.requests import accept_answers, return_answer
from tasks.requests.history import Place, note, shortened
from tasks.requests.proof import read_proof


def test_d8_everything_that_happened_to_a_request_is_a_row(any_pages):
    office = any_pages.office
    any_pages.open(link_in(mails(office)[0]))
    any_pages.send("kms", value="100")
    any_pages.send("start", promised_on="30/11/2026", do="promise")
    any_pages.upload("bank", "a.txt", b"x")
    any_pages.upload("bank", "a.exe", b"MZ")
    return_answer(office.settings, office.store, 1, step="documents", item="kms", reason="2026 ?", as_of=TUESDAY)
    any_pages.send("kms", value="110")
    accept_answers(office.settings, office.store, 1, step="documents", item="kms", as_of=TUESDAY)
    any_pages.send("vat", not_applicable="Non assujetti")
    any_pages.post(*any_pages.form("/end"))
    proof = read_proof(office.store, 1)
    assert [(event["kind"], event["item"]) for event in proof["events"]] == [
        ("link_made", None),
        ("opened", None),
        ("item_saved", "kms"),
        ("promised", "start"),
        ("file_received", "bank"),
        ("file_refused", "bank"),
        ("item_returned", "kms"),
        ("item_saved", "kms"),
        ("item_accepted", "kms"),
        ("not_applicable", "vat"),
        ("session_ended", None),
    ]
    saved = proof["events"][2]
    assert (saved["recipient_id"], saved["address"]) == ("R1", "203.0.113.0/24")
    assert "100" not in json.dumps(saved["detail"])
    assert proof["messages"][0]["status"] == "sent"
    assert proof["documents"][0]["name"] == "a.txt"
    assert {item["key"]: item["status"] for item in proof["items"]}["kms"] == "accepted"


def test_u4_the_history_holds_the_hash_of_the_value_that_is_still_correct_not_of_its_mask(any_pages):
    any_pages.open(link_in(mails(any_pages.office)[0]))
    any_pages.send("iban", do="still_correct")
    (event,) = [e for e in read_proof(any_pages.office.store, 1)["events"] if e["kind"] == "still_correct"]
    assert event["detail"] == {"value_sha256": sha256(b"FR7630006000011234567890189").hexdigest()}


def test_the_proof_is_printed_as_json(pages):
    home = ["--home", str(pages.office.settings.home)]
    run = CliRunner().invoke(relance, ["dossier", "proof", "1", *home])
    assert json.loads(run.stdout)["relation_id"] == "R1"
    assert "There is no task 9" in CliRunner().invoke(relance, ["dossier", "proof", "9", *home]).stderr


@pytest.mark.parametrize("change", ["UPDATE request_events SET kind = 'x'", "DELETE FROM request_events"])
def test_d8_the_database_refuses_to_change_what_happened(store, moment, change):
    with store.begin() as connection:
        note(connection, "opened", Place(1, "documents"), moment())
    with pytest.raises(DBAPIError, match="only added to"), store.begin() as connection:
        connection.execute(text(change))


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("nobody", None),
        (None, None),
    ],
)
def test_a_network_address_is_kept_short(address, kept):
    assert shortened(address) == kept
