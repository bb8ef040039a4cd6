"""Relations at the desk: found and filtered, their card, their fields' dates, pauses, and schedules for many."""

import re
from urllib.parse import quote

import pytest
from sqlalchemy import event, insert, select, text

from factories import TUESDAY, relation
from sql import schema
from tasks.desk.relation_list import RelationChoice, read_relations

ODD = "A/B é'\"<b>"
PEOPLE = (
    relation("R2", "2027-03-01", name="Élise Martin", email="Elise.Martin@client.example", owner_id="U2"),
    relation("R3", "2027-03-01", name="MARTIN SARL", type="company", email="info@martin.example"),
    relation("R4", "2027-03-01", name="100 % Bio_Shop", status="former", email="bio@client.example"),
    relation(ODD, "2027-03-01", name="Müller & <i>Fils</i>", owner_id="U1"),
)


@pytest.fixture
def staffed(any_desk):
    """A desk with a few relations more, and an administrator signed in."""
    any_desk.office.take("relations", relation("R1", "2027-03-01", owner_id="U1", annual_km="900"), *PEOPLE)
    any_desk.sign_in(role="admin")
    return any_desk


def found(answer):
    return re.findall(r'<td><a href="/desk/relations/([^"]+)">', answer.text)


QUERIES = [
    ("", ["A/B%20%C3%A9%27%22%3Cb%3E", "R1", "R2", "R3", "R4"]),
    ("q=R", ["R1", "R2", "R3", "R4"]),
    ("q=r3", ["R3"]),
    ("q=martin", ["R3"]),
    ("q=martin&within=yes", ["R1", "R2", "R3"]),
    ("q=élise", ["R2"]),
    ("q=ELISE.m", ["R2"]),
    ("q=100+%25", ["R4"]),
    ("q=100_%25", []),
    ("q=%25", []),
    ("q=_", []),
    ("q=a%2Fb", ["A/B%20%C3%A9%27%22%3Cb%3E"]),
    ("type=company", ["R3"]),
    ("status=former", ["R4"]),
    ("owner=U2", ["R2"]),
    ("type=company&owner=U2", []),
    ("q=%27%20OR%201%3D1--", []),
]


def test_relations_are_found_by_how_id_name_or_address_begins_and_by_filters(staffed):
    for query, expected in QUERIES:
        assert found(staffed.get(f"/desk/relations?{query}")) == expected, query


def test_fifty_relations_are_a_page(staffed):
    with staffed.office.store.begin() as connection:
        row = {"type": "person", "status": "client", "first_seen_on": TUESDAY}
        rows = [row | {"relation_id": f"X{n:03}", "name": f"N{n}"} for n in range(120)]
        connection.execute(insert(schema.relations), rows)
    shown, page = [], staffed.get("/desk/relations?q=X")
    while True:
        shown.append(found(page))
        if not (following := re.search(r'<a href="(\?[^"]+after=[^"]+)"', page.text)):
            break
        page = staffed.get("/desk/relations" + following[1].replace("&amp;", "&"))
    assert [len(one) for one in shown] == [50, 50, 20]
    assert [one for part in shown for one in part] == [f"X{n:03}" for n in range(120)]


def test_a_search_reads_by_an_index_and_never_the_whole_table(sqlite_office):
    asked = []
    event.listen(sqlite_office.store.engine, "before_cursor_execute", lambda *words: asked.append(words[2:4]))
    for choice in (RelationChoice(text="mar"), RelationChoice(status="former"), RelationChoice(after="R1")):
        with sqlite_office.store.begin(only_reads=True) as connection:
            asked.clear()
            read_relations(connection, choice)
            statement, parameters = asked[-1]
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        scans = [row[3] for row in plan if row[3].startswith("SCAN relations") and "USING INDEX" not in row[3]]
        assert scans == []


def test_the_card_shows_what_is_known_in_the_words_of_the_record(staffed):
    page = staffed.get(f"/desk/relations/{quote(ODD)}")
    assert page.status_code == 200
    assert "Müller &amp; &lt;i&gt;Fils&lt;/i&gt;" in page.text
    assert "A/B é&#39;&#34;&lt;b&gt;" in page.text
    first = staffed.get("/desk/relations/R1").text
    assert 'href="/desk/tasks/1"' in first
    assert "month/monthly" in first
    assert staffed.get("/desk/relations/nobody").status_code == 404


def fields(desk):
    f = schema.relation_fields.c
    with desk.office.store.begin(only_reads=True) as connection:
        rows = connection.execute(select(f.field, f.value, f.expires_on).where(f.relation_id == "R1")).all()
    return {row.field: (row.value, row.expires_on and row.expires_on.isoformat()) for row in rows}


def field_form(desk, name):
    page = desk.get("/desk/relations/R1").text
    forms = re.findall(r'<form method="post" action="(/desk/fields/[^"#]+)#fields">(.*?)</form>', page, re.DOTALL)
    action, form = next(one for one in forms if f'name="field" value="{name}"' in one[1])
    shown = re.findall(r'<input [^>]*name="(\w+)"[^>]*value="([^"]*)"', form)
    return action, dict(shown)


def test_a_field_gets_its_dates_by_hand_and_only_what_changed_is_set(staffed):
    action, form = field_form(staffed, "id_card")
    assert staffed.post(action, form | {"expires_on": "2029-06-30"}).status_code == 303
    assert fields(staffed)["id_card"][1] == "2029-06-30"
    assert fields(staffed)["annual_km"] == ("900", None)
    action, form = field_form(staffed, "annual_km")
    assert staffed.post(action, form | {"value": "1200"}).status_code == 303
    assert fields(staffed)["annual_km"] == ("1200", None)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"expires_on": "soon"}, "Indiquez la date comme un jour"),
        ({"value": ""}, "is empty"),
        ({"frequency": "yearly"}, "No update group asks for annual_km"),
        ({"next_update_on": "2020-01-01"}, "No update group asks for annual_km"),
    ],
)
def test_what_a_field_refuses_is_said_and_what_was_typed_is_kept(staffed, typed, says):
    action, form = field_form(staffed, "annual_km")
    answer = staffed.post(action, form | typed)
    assert answer.status_code == 422
    assert says in answer.text
    assert fields(staffed)["annual_km"] == ("900", None)
    assert "<details open>" in answer.text


def test_reminders_are_paused_and_resumed(staffed):
    action, form = staffed.form("/desk/pauses/R1", staffed.get("/desk/relations/R1"))
    assert staffed.post(action, form | {"do": "pause", "until": "2026-12-24"}).status_code == 303
    page = staffed.get("/desk/relations/R1")
    assert "24 décembre 2026" in page.text
    assert staffed.post(action, form | {"do": "resume"}).status_code == 303
    assert "24 décembre 2026" not in staffed.get("/desk/relations/R1").text
    assert staffed.post(action, form | {"do": "pause", "until": "2020-01-01"}).status_code == 422
    assert staffed.post(action, form | {"do": "pause", "until": "x"}).status_code == 422


def test_the_desk_explains_what_the_next_run_will_do(staffed):
    action, form = staffed.form("/desk/explain/R1", staffed.get("/desk/relations/R1"))
    page = staffed.post(action, form)
    assert page.status_code == 200
    assert "tâche déjà ouverte" in page.text
    assert "attend le client" in page.text


def many(desk, query, **typed):
    action, form = next(
        (a, f) for a, f in desk.forms(desk.get(f"/desk/relations{query}")) if a.startswith("/desk/relations") and f
    )
    return desk.post(action, form | typed)


def on_schedule(desk):
    with desk.office.store.begin(only_reads=True) as connection:
        return (
            connection.execute(text("SELECT relation_id FROM assignments WHERE stop_on IS NULL ORDER BY 1"))
            .scalars()
            .all()
        )


def test_many_are_put_on_a_schedule_after_a_preview_that_changes_nothing(staffed):
    before = on_schedule(staffed)
    answer = many(staffed, "?owner=U2", schedule="month/monthly", do="preview_add")
    assert answer.status_code == 200
    assert "1 seraient inscrits" in answer.text
    assert "tâche créée" in answer.text
    assert on_schedule(staffed) == before
    answer = many(staffed, "?owner=U2", schedule="month/monthly", do="add")
    assert "1 inscrits" in answer.text
    assert on_schedule(staffed) == sorted([*before, "R2"])
    many(staffed, "?owner=U2", schedule="month/monthly", do="remove")
    assert on_schedule(staffed) == before


def test_a_search_takes_those_it_finds(staffed):
    many(staffed, "?q=martin&within=yes", schedule="month/monthly", do="add")
    assert on_schedule(staffed) == ["R1", "R2", "R3"]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"schedule": "no/such"}, "There is no schedule"),
        ({"schedule": "month/monthly", "start_on": "x"}, "Indiquez la date"),
        ({"schedule": "month/monthly", "start_on": "2020-01-01"}, "more than one year back"),
    ],
)
def test_what_cannot_be_assigned_is_said(staffed, typed, says):
    before = on_schedule(staffed)
    answer = many(staffed, "?owner=U2", do="add", **typed)
    assert answer.status_code == 422
    assert says in answer.text.replace("&#39;", "'")
    assert on_schedule(staffed) == before


def test_staff_may_not_put_many_on_a_schedule(any_desk):
    any_desk.sign_in(role="staff")
    page = any_desk.get("/desk/relations")
    assert 'name="schedule"' not in page.text
    (_, form) = any_desk.form("/desk/sign-out", page)
    answer = any_desk.post("/desk/relations", form | {"schedule": "month/monthly", "do": "add"})
    assert answer.status_code == 403
