"""The report's figures of activities and rules (V3, W3)."""

from datetime import UTC, date, timedelta

from diary import NOW, START, Diary
from sqlalchemy import text

from tasks.reporting.activities import activity_figures

TODAY = date(2026, 11, 24)


def test_what_is_ahead_what_was_told_and_what_could_not_be_done(office):
    diary = Diary(office)
    assert activity_figures(office.store, TODAY) == {}
    diary.save(send_notification=True, invitees=("U2",))
    diary.save(activity_id="A2", starts_at=START + timedelta(days=30))
    with office.store.begin() as connection:
        connection.execute(text("UPDATE relations SET email = NULL"))
    diary.save(activity_id="A3", notify_contact=True, invitees=(), starts_at=START + timedelta(days=1))
    diary.dispatch()
    figures = activity_figures(office.store, TODAY)
    assert figures == {"planned": 3, "soon": 0, "told": 3, "too_late": 0, "acted": 0, "waiting": 0, "failed": 1}
    assert activity_figures(office.store, TODAY + timedelta(days=1))["soon"] == 1
    assert START.replace(tzinfo=UTC) > NOW


def test_the_page_shows_them(sqlite_office):
    diary = Diary(sqlite_office)
    diary.save()
    sqlite_office.night(reports=True)
    page = next(sqlite_office.settings.reports.rglob("*.html")).read_text(encoding="utf-8")
    assert "Activités et règles" in page


def test_a_row_that_a_form_keeps_out_is_said_so_in_the_firms_language(sqlite_office):
    Diary(sqlite_office)
    row = {"activity_id": "A1", "kind": "meeting", "subject": "Bilan", "starts_at": "2030-12-01T09:00"}
    sqlite_office.take("activities", row | {"notify_contact": "oui", "location": "", "contact_id": ""})
    sqlite_office.night(reports=True)
    page = next(sqlite_office.settings.reports.rglob("*.html")).read_text(encoding="utf-8")
    assert "vide, et exigé par le formulaire appointment-notice" in page
