"""Activities at the desk: the list, the form with what forms and rules say, and how an activity ends (V1, V6, W1, W2)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from desk_client import BOB, Desk, open_desk
from page_client import mails
from sqlalchemy import insert, select

from factories import relation
from flows.home.settings import load_settings
from flows.jobs.activities import queue_activity_mails
from sql import schema

FORM = """form: appointment
on: activities
order: 1
when: {kind: call}
fields: {location: required, contact_id: required}
"""
TYPED = {"kind": "meeting", "subject": "Bilan", "starts_at": "2026-12-01T14:30", "owner_id": "U1"}


@pytest.fixture
def signed_in(any_desk):
    any_desk.sign_in()
    return any_desk


def activities(desk):
    a = schema.activities
    with desk.office.store.begin(only_reads=True) as connection:
        return [dict(row) for row in connection.execute(select(a).order_by(a.c.starts_at)).mappings()]


def new(desk, **typed):
    action, form = desk.form("/desk/activities/new", desk.get("/desk/activities/new"))
    return desk.post(action, form | TYPED | typed)


def change(desk, path, **typed):
    """Send an activity's form as it is shown, but for what is typed."""
    page = desk.get(path).text.partition('<form method="post" action="/desk/activities/')[2].partition("</form>")[0]
    shown = dict(re.findall(r'name="(\w+)" (?:type="[\w-]+" )?value="([^"]*)"', page))
    shown |= dict(re.findall(r'<select id="\w+" name="(\w+)">.*?<option value="([^"]*)" selected>', page, re.DOTALL))
    boxes = re.findall(r'type="checkbox" name="(\w+)" value="yes"( checked)?', page)
    fields = {name: value for name, value in shown.items() if name not in dict(boxes)}
    fields |= {name: "yes" for name, checked in boxes if checked} | typed
    return desk.post(path, {name: value for name, value in fields.items() if value is not None})


def test_an_activity_is_saved_with_all_that_was_typed(signed_in):
    desk = signed_in
    answer = new(desk, location="Rue X 1", invite_U2="yes", remind_minutes="30", contact_id="r1", description="a\nb")
    assert answer.status_code == 303
    (row,) = activities(desk)
    assert (row["subject"], row["starts_at"]) == ("Bilan", datetime(2026, 12, 1, 13, 30))
    assert row["ends_at"] == datetime(2026, 12, 1, 14, 30)  # as long as a meeting takes
    assert (row["owner_id"], row["contact_id"], row["invitees"], row["remind_minutes"]) == ("U1", "R1", "U2", 30)
    page = desk.get(answer.headers["location"]).text
    assert 'value="2026-12-01T14:30"' in page
    assert "Rue X 1" in page


def test_who_saves_is_not_mailed_and_another_owner_is(signed_in):
    desk = signed_in
    before = len(mails(desk.office))
    new(desk, send_notification="yes")
    new(desk, send_notification="yes", owner_id="U2", subject="Pour Bob")
    m = schema.messages.c
    with desk.office.store.begin(only_reads=True) as connection:
        told = connection.execute(select(m.recipient_id).where(m.cause_kind == "activity")).scalars().all()
    assert told == ["U2"]
    assert before == len(mails(desk.office))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"starts_at": ""}, "The start is empty"),
        ({"starts_at": "2026-12-01"}, "has no hour"),
        ({"starts_at": "soon"}, "is no time"),
        ({"subject": "  "}, "The subject is empty"),
        ({"ends_at": "2026-12-01T10:00"}, "It ends before it starts"),
        ({"owner_id": "nobody"}, "There is no user nobody"),
        ({"contact_id": "nobody"}, "There is no relation nobody"),
        ({"remind_minutes": "-5"}, "A reminder of -5 minutes"),
        ({"remind_minutes": "half an hour"}, "is no whole number"),
        ({"subject": "x" * 201}, "201 characters"),
        ({"status": "odd"}, "There is no status"),
    ],
)
def test_what_cannot_be_saved_is_said_and_what_was_typed_is_kept(desk, typed, says):
    desk.sign_in()
    answer = new(desk, location="Quai <9>", invite_U2="yes", **typed)
    assert answer.status_code == 422
    assert says in answer.text.replace("&#39;", "'")
    assert "Quai &lt;9&gt;" in answer.text
    assert 'name="invite_U2" value="yes" checked' in answer.text
    assert activities(desk) == []


def test_all_that_is_wrong_is_said_at_once(desk):
    desk.sign_in()
    answer = new(desk, subject=" ", ends_at="2026-12-01T10:00", owner_id="nobody")
    assert answer.text.count("<li>The") + answer.text.count("<li>It") >= 2
    assert "There is no user nobody" in answer.text


def test_a_time_that_clocks_skip_or_repeat_is_saved_with_a_doubt(desk):
    desk.sign_in()
    answer = new(desk, starts_at="2027-03-28T02:30")
    assert answer.status_code == 200
    assert "does not exist" in answer.text
    answer = new(desk, starts_at="2027-10-31T02:30")
    assert "exists twice" in answer.text
    assert [row["starts_at"] for row in activities(desk)] == [
        datetime(2027, 3, 28, 1, 30),
        datetime(2027, 10, 31, 0, 30),
    ]


def test_a_form_of_the_firm_asks_for_fields_and_names_them_all(sqlite_office, moment):
    home = sqlite_office.settings.home
    (home / "forms").mkdir(exist_ok=True)
    (home / "forms" / "appointment.yaml").write_text(FORM, encoding="utf-8")
    sqlite_office.settings = load_settings(home, {})
    desk = open_desk(sqlite_office, moment)
    desk.sign_in()
    answer = new(desk, kind="call")
    assert answer.status_code == 422
    for name in ("location", "contact_id"):
        assert f"{name} is empty, and required by the form appointment." in answer.text
    assert new(desk, kind="call", location="Ici", contact_id="R1").status_code == 303
    (row,) = activities(desk)
    page = desk.get(f"/desk/activities/{row['activity_id']}").text
    assert page.count("(obligatoire)") == 2
    assert "appointment (formulaire): s'applique" in page.replace("&#39;", "'")
    assert change(desk, f"/desk/activities/{row['activity_id']}", location="").status_code == 422
    assert activities(desk)[0]["location"] == "Ici"


def test_two_who_save_at_once_do_not_overwrite_each_other(signed_in):
    desk = signed_in
    path = new(desk).headers["location"]
    page = desk.get(path)
    desk.clock.forward(minutes=2)
    other = Desk(desk.office, desk.clock)
    other.sign_in(BOB["email"])
    assert change(other, path, location="Chez Bob").status_code == 303
    form = dict(re.findall(r'name="(form|saves)" value="([^"]*)"', page.text))
    answer = desk.post(path, TYPED | form | {"location": "Chez Anne"})
    assert answer.status_code == 422
    assert "saved by somebody else meanwhile" in answer.text
    assert "Chez Anne" in answer.text
    assert activities(desk)[0]["location"] == "Chez Bob"


def test_an_activity_is_held_and_copied_once(signed_in):
    desk = signed_in
    path = new(desk, location="Ici").headers["location"]
    page = desk.get(path)
    action, form = next((a, f) for a, f in desk.forms(page) if a.startswith("/desk/activity-end/"))
    for _ in range(2):
        answer = desk.post(action, form | {"do": "held", "again_at": "2027-01-15T10:00", "subject": "Suite"})
        assert answer.status_code == 303
    first, copy = activities(desk)
    assert (first["status"], copy["status"], copy["subject"]) == ("held", "planned", "Suite")
    assert answer.headers["location"].endswith(copy["activity_id"])
    assert copy["location"] == "Ici"
    assert first["activity_id"] in desk.get(answer.headers["location"]).text


def test_an_activity_that_is_cancelled_tells_those_who_were_invited(signed_in):
    desk = signed_in
    path = new(desk, invite_U2="yes").headers["location"]

    def dispatch():
        desk.clock.forward(minutes=2)
        queue_activity_mails(desk.office.settings, desk.office.store, desk.clock(), schedules=False)

    dispatch()
    action, form = next((a, f) for a, f in desk.forms(desk.get(path)) if a.startswith("/desk/activity-end/"))
    assert desk.post(action, form | {"do": "cancel"}).status_code == 303
    dispatch()
    m = schema.messages.c
    with desk.office.store.begin(only_reads=True) as connection:
        steps = connection.execute(select(m.step, m.recipient_id).where(m.cause_kind == "activity")).all()
    assert sorted(map(tuple, steps)) == [("cancel", "U2"), ("request", "U2")]
    assert "U2" in desk.get(path).text.partition('id="mails"')[2]


def test_an_activity_is_taken_into_a_calendar(signed_in):
    path = new(signed_in).headers["location"]
    answer = signed_in.get(path.replace("/activities/", "/calendars/"))
    assert answer.headers["content-type"].startswith("text/calendar")
    assert "SUMMARY:Bilan" in answer.text
    assert signed_in.get("/desk/calendars/none").status_code == 404


QUERIES = [
    ("", ["B", "A/1"]),
    ("since=2026-11-01", ["OLD", "B", "A/1"]),
    ("mine=yes", ["B", "A/1"]),
    ("owner=U1", ["A/1"]),
    ("kind=call", ["B"]),
    ("status=cancelled", ["A/1"]),
    ("contact=R1", ["B"]),
    ("since=x&after=y", ["B", "A/1"]),
]


def test_each_filter_narrows_the_list(any_desk):
    desk = any_desk
    soon = desk.clock().replace(tzinfo=None)
    rows = [
        {"activity_id": "OLD", "starts_at": soon - timedelta(days=9), "owner_id": "U2", "kind": "meeting"},
        {"activity_id": "B", "starts_at": soon + timedelta(days=1), "owner_id": "U2", "kind": "call"},
        {"activity_id": "A/1", "starts_at": soon + timedelta(days=2), "owner_id": "U1", "kind": "meeting"},
    ]
    more = {"B": {"invitees": "U3 U1", "contact_id": "R1"}, "A/1": {"status": "cancelled"}}
    with desk.office.store.begin() as connection:
        for row in rows:
            named = {"subject": "X", "folded_id": row["activity_id"].lower()} | more.get(row["activity_id"], {})
            connection.execute(insert(schema.activities).values(row | named))
    desk.sign_in()
    for query, expected in QUERIES:
        shown = re.findall(r'<td><a href="/desk/activities/([^"]+)">', desk.get(f"/desk/activities?{query}").text)
        assert shown == expected, query
    assert desk.get("/desk/activities/A/1").status_code == 200


def test_a_user_is_told_of_what_is_soon(any_desk):
    desk = any_desk
    desk.office.take("users", {"user_id": "U1", "email": "anne@cabinet.example", "remind_minutes": "30"})
    desk.sign_in()
    local = desk.clock().astimezone(desk.office.settings.firm.zone)
    new(desk, starts_at=f"{local + timedelta(minutes=45):%Y-%m-%dT%H:%M}")
    assert "Bientôt" not in desk.get("/desk").text
    desk.clock.forward(minutes=20)
    assert "Bientôt" in desk.get("/desk").text
    assert UTC is not None


def test_a_reader_reads_and_saves_nothing(desk):
    desk.office.take("relations", relation("R1", "2027-03-01", owner_id="U1"))
    desk.sign_in(role="reader")
    page = desk.get("/desk/activities/new")
    (_, form) = desk.form("/desk/sign-out", page)
    assert desk.post("/desk/activities/new", form | TYPED).status_code == 403
    assert activities(desk) == []
