"""Data at the desk: the quality review with its trend, what blocks automations, and the rows in quarantine."""

import io
import re
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import insert

from factories import TUESDAY, relation
from sql import schema


@pytest.fixture
def reviewed(any_desk):
    """A desk with three runs' scores, a gap, and a quarantined row."""
    desk = any_desk
    desk.office.take("relations", relation("R1", "2027-03-01", owner_id="U1"), relation("", "2027-03-01", name="Sans"))
    with desk.office.store.begin() as connection:
        for days, met in ((14, 1), (7, 2), (0, 4)):
            row = {
                "as_of": TUESDAY - timedelta(days=days),
                "status": "done",
                "started_at": desk.clock().replace(tzinfo=None),
            }
            run = connection.execute(insert(schema.runs).values(row)).inserted_primary_key[0]
            scores = {"run_id": run, "owner_id": "U1", "met": met, "not_met": 4 - met, "not_applicable": 0}
            connection.execute(insert(schema.quality_scores), scores | {"criterion": "email.present"})
            connection.execute(insert(schema.quality_scores), scores | {"criterion": "id_card.present"})
        gap = {"relation_id": "R1", "template": "month", "schedule": "monthly", "reason": "missing_field"}
        connection.execute(insert(schema.gaps), gap | {"since_on": TUESDAY})
    desk.sign_in()
    return desk


def test_the_review_shows_counts_change_and_trend_in_words(reviewed):
    page = reviewed.get("/desk/quality").text
    row = re.search(r"<th scope=\"row\">E-mail : adresse présente</th>(.*?)</tr>", page, re.DOTALL)[1]
    assert re.findall(r'<td class="number">.*?</span>(\d+)</td>', row) == ["4", "0", "0"]
    assert "+2" in row
    assert "25 → 50 → 100" in row
    assert "Carte d&#39;identité : présent" in page
    assert "Compléter la date d&#39;expiration" in page
    assert 'href="/desk/relations/R1"' in page.partition('id="gaps"')[2]
    assert "donnée manquante" in page


def test_the_review_of_one_owner_is_his_alone(reviewed):
    assert "adresse présente" in reviewed.get("/desk/quality?owner=U1").text
    assert "adresse présente" not in reviewed.get("/desk/quality?owner=U2").text


def test_before_the_first_run_there_is_no_review_and_no_error(desk):
    with desk.office.store.begin() as connection:
        connection.execute(schema.quality_scores.delete())
        connection.execute(schema.gaps.delete())
    desk.sign_in()
    page = desk.get("/desk/quality")
    assert page.status_code == 200
    assert "pas encore de revue" in page.text


def test_quarantined_rows_say_file_row_column_and_reason_in_words(reviewed):
    page = reviewed.get("/desk/quarantine")
    assert page.status_code == 200
    assert "l'identifiant" in page.text.replace("&#39;", "'")
    assert "relations" in page.text
    assert reviewed.get("/desk/quarantine?kind=missions").text.count("<tr>") == 0


def test_fifty_quarantined_rows_are_a_page_and_none_is_left_out(reviewed):
    row = {"kind": "relations", "mapping": "", "stream": "x", "reason": "missing_field", "column_name": "name"}
    row |= {"problem": "the name is empty", "raw": "{}", "is_holding": False, "since_on": TUESDAY}
    with reviewed.office.store.begin() as connection:
        rows = [row | {"source_file": "é <big>.csv", "source_row": n} for n in range(2, 122)]
        connection.execute(insert(schema.quarantine), rows)
    found, page = [], reviewed.get("/desk/quarantine", params={"file": "é <big>.csv"})
    while True:
        found += re.findall(r'<span class="label">ligne</span>(\d+)', page.text)
        if not (following := re.search(r'<a href="(\?[^"]+after=[^"]+)"', page.text)):
            break
        page = reviewed.get("/desk/quarantine" + following[1].replace("&amp;", "&"))
    assert found == [str(n) for n in range(2, 122)]
    assert reviewed.get("/desk/quarantine?after=nonsense").status_code == 200
    assert reviewed.get("/desk/quarantine?after=[1]").status_code == 200


def test_quarantined_rows_are_downloaded_as_files_to_correct(reviewed):
    action, form = next((a, f) for a, f in reviewed.forms(reviewed.get("/desk/quarantine")) if "form" in f)
    answer = reviewed.post(action, form)
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        (name,) = archive.namelist()
        assert b"Sans" in archive.read(name)
