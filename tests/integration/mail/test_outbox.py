"""From due mails to .eml files: M1–M3, M5, M6, M8, M9, quiet days, on both databases."""

import email
import email.policy
from datetime import date, timedelta

import pytest

from factories import TUESDAY, relation
from tasks.planning.close import close_task

SATURDAY, SUNDAY, MONDAY = date(2026, 11, 28), date(2026, 11, 29), date(2026, 11, 30)

TWO_MAILS = """
  - key: first
    kind: auto_email
    message: request_documents
    offset_days: -10
  - key: ask"""


def read(path):
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def told(office):
    return [(m["subtask"], m["status"], m["reason"]) for m in office.messages()]


def test_m2_a_mail_whose_day_has_passed_when_the_task_is_made_leaves_in_that_run(office):
    office.bring(relation("R1", "2026-11-20"))
    office.put_on("R1")
    figures = office.night()
    assert figures.delivered.sent == 1
    assert office.messages()[0]["send_on"] == "2026-11-24"


def test_a_mail_leaves_on_its_day_and_not_before(office):
    office.bring(relation("R1", "2026-12-01"))
    office.put_on("R1")
    assert office.night(date(2026, 11, 25)).delivered.sent == 0
    assert office.night(date(2026, 11, 26)).delivered.sent == 1
    assert office.tasks()[0]["subtasks"][0]["status"] == "done"


def test_t5_a_mail_for_a_quiet_day_waits_for_the_next_working_day(office):
    office.bring(relation("R1", "2026-12-03"))
    office.put_on("R1")
    figures = office.night(SATURDAY).to_json()["messages"]
    assert (figures["created"], figures["sent"], figures["deferred"]) == (1, 0, 1)
    assert told(office) == [("ask", "pending", None)]
    assert office.night(SUNDAY).delivered.sent == 0
    assert office.night(MONDAY).delivered.sent == 1
    assert office.messages()[0]["send_on"] == "2026-11-30"


def test_t5_without_quiet_days_it_leaves_on_saturday(office):
    office.edit("firm.yaml", "quiet: [weekends, holidays]", "quiet: []")
    office.bring(relation("R1", "2026-12-03"))
    office.put_on("R1")
    assert office.night(SATURDAY).delivered.sent == 1


def test_m2_of_several_past_mails_only_the_latest_leaves(office):
    office.edit("templates/id-card.yaml", "\n  - key: ask", TWO_MAILS)
    office.bring(relation("R1", "2026-11-20"))
    office.put_on("R1")
    assert office.night().dropped == {"superseded": 1}
    assert sorted(told(office)) == [("ask", "sent", None), ("first", "cancelled", "superseded")]
    assert [s["status"] for s in office.tasks()[0]["subtasks"]] == ["skipped", "done", "open"]


def test_m2_a_mail_that_waits_gives_way_to_a_later_one(office):
    office.edit("templates/id-card.yaml", "\n  - key: ask", TWO_MAILS.replace("-10", "-6"))
    office.bring(relation("R1", "2026-12-04"))
    office.put_on("R1")
    office.night(SATURDAY)
    figures = office.night(SUNDAY)
    assert figures.dropped == {"superseded": 1}
    assert office.night(MONDAY).delivered.sent == 1
    assert sorted(told(office)) == [("ask", "sent", None), ("first", "cancelled", "superseded")]


def test_m3_after_downtime_a_mail_leaves_late(office):
    office.bring(relation("R1", "2026-12-01"))
    office.put_on("R1")
    office.night(TUESDAY)
    assert office.night(date(2026, 12, 26)).delivered.sent == 0, "26 December 2026 is a Saturday"
    assert office.night(date(2026, 12, 28)).delivered.sent == 1


def test_m3_a_mail_more_than_too_late_days_late_is_dropped_and_listed(office):
    office.bring(relation("R1", "2026-12-01"))
    office.put_on("R1")
    office.night(TUESDAY)
    limit = date(2026, 11, 26) + timedelta(days=30)
    figures = office.night(limit + timedelta(days=1))
    assert figures.dropped == {"too_late": 1}
    assert [(m["status"], m["reason"]) for m in office.messages(status="dropped")] == [("cancelled", "too_late")]


def test_m3_lateness_counts_from_the_making_of_the_task(office):
    office.bring(relation("R1", "2026-03-01"))
    office.put_on("R1")
    assert office.night().delivered.sent == 1


def test_m3_a_mail_left_in_the_outbox_for_too_long_is_dropped(office):
    office.bring(relation("R1", "2026-11-20"))
    office.put_on("R1")
    assert office.night(delivers=False).deferred == 1
    figures = office.night(TUESDAY + timedelta(days=34))  # Christmas and a weekend are quiet
    assert figures.dropped == {"too_late": 1}
    assert office.mails() == []


def test_a_mail_without_address_is_dropped_and_leaves_once_the_address_is_there(office):
    office.bring(relation("R1", "2026-11-20", email=""))
    office.put_on("R1")
    assert office.night().dropped == {"no_email": 1}
    assert office.night().dropped == {}, "told once"
    assert [(m["status"], m["reason"]) for m in office.messages(status="dropped")] == [("suppressed", "no_email")]
    office.bring(relation("R1", "2026-11-20"))
    assert office.night().delivered.sent == 1
    assert told(office) == [("ask", "sent", None)]


@pytest.mark.parametrize("address", ["nobody", "a@b", "two@one.example, three@one.example", "é@x.example"])
def test_an_address_that_is_none_is_never_tried(office, address):
    office.bring(relation("R1", "2026-11-20", email=address))
    office.put_on("R1")
    assert office.night().dropped == {"invalid_field": 1}
    assert office.mails() == []


def test_m5_a_task_closed_after_composing_sends_nothing(office):
    office.bring(relation("R1", "2026-11-20"))
    office.put_on("R1")
    office.night(delivers=False)
    close_task(office.store, 1, "done", TUESDAY)
    assert office.night().delivered.sent == 0
    assert told(office) == [("ask", "cancelled", "already_done")]


def test_m5_the_address_is_read_again_before_sending(office):
    office.bring(relation("R1", "2026-11-20", email="old@martin.example"))
    office.put_on("R1")
    office.night(delivers=False)
    office.bring(relation("R1", "2026-11-20", email="new@martin.example"))
    office.night()
    assert read(office.mails()[0])["To"].addresses[0].addr_spec == "new@martin.example"
    assert office.messages()[0]["to"] == "new@martin.example"


def test_p7_m5_a_client_who_left_after_composing_gets_nothing(office):
    office.bring(relation("R1", "2026-11-20"))
    office.put_on("R1")
    office.night(delivers=False)
    office.bring(relation("R1", "2026-11-20", status="former"))
    assert office.night().dropped == {"wrong_status": 1}
    assert office.mails() == []


def test_m8_an_empty_field_that_a_message_prints_stops_that_mail_alone(office):
    body = office.settings.home / "messages" / "request_documents" / "fr"
    body.mkdir(parents=True)
    (body / "body.txt").write_text("{{ company.name }}", encoding="utf-8")
    office.reload()
    office.bring(
        relation("C1", type="company", name="Martin SARL"),
        relation("R1", "2026-11-20"),
        relation("R2", "2026-11-20", company_id="C1", email="b@martin.example"),
    )
    office.put_on("R1", "R2")
    figures = office.night()
    assert (figures.dropped, figures.delivered.sent) == ({"missing_field": 1}, 1)


@pytest.mark.parametrize(
    ("language", "greeting"), [("fr", "Bonjour"), ("nl", "Beste"), ("en", "Dear"), ("", "Bonjour"), ("de", "Bonjour")]
)
def test_m9_a_mail_is_in_the_relations_language_else_the_firms(office, language, greeting):
    office.bring(relation("R1", "2026-11-20", language=language))
    office.put_on("R1")
    office.night()
    assert read(office.mails()[0]).get_body(("plain",)).get_content().startswith(greeting)


def test_m6_due_mails_add_up(office):
    office.bring(
        relation("R1", "2026-11-20"),
        relation("R2", "2026-11-20", email=""),
        relation("R3", "2026-11-20", email="none"),
        relation("R4", "2026-11-20", status="former"),
    )
    office.put_on("R1", "R2", "R3", "R4")
    figures = office.night(SATURDAY)
    messages = figures.to_json()["messages"]
    accounted = messages["sent"] + messages["deferred"] + messages["held"] + sum(messages["dropped"].values())
    assert accounted == figures.composed.due == 3


def test_q5_a_written_mail_is_complete_and_opens(office):
    office.bring(relation("R1", "2026-11-20", name='O"Neil, <b>Ève</b> & Cie'))
    office.put_on("R1")
    office.night()
    mail = read(office.mails()[0])
    assert not mail.defects
    assert mail["To"].addresses[0].display_name == 'O"Neil, <b>Ève</b> & Cie'
    assert mail["Date"].datetime.isoformat() == "2026-11-24T09:00:00+01:00"
    assert mail["List-Unsubscribe"].startswith("<mailto:contact@mon-cabinet.example")
    assert mail.get_content_type() == "multipart/alternative"
    html = mail.get_body(("html",)).get_content()
    assert "&lt;b&gt;Ève&lt;/b&gt; &amp; Cie" in html
    assert "<b>" not in html
    assert "20 novembre 2026" in html
    assert 'style="' in html


def test_a_folder_that_cannot_be_written_stops_the_run_and_loses_nothing(office):
    office.settings.outbox.rmdir()
    office.settings.outbox.write_text("a file in the way", encoding="utf-8")
    office.bring(relation("R1", "2026-11-20"))
    office.put_on("R1")
    assert "cannot be written" in office.night().delivered.problem
    office.settings.outbox.unlink()
    assert office.night().delivered.sent == 1
    assert told(office) == [("ask", "sent", None)]
