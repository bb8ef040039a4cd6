"""Sessions that are over and codes of more than a day ago are removed; what still counts stays."""

from page_client import ask, link_in, mails
from sqlalchemy import func, select

from sql import schema
from tasks.requests.page.purge import purge_visits


def counts(pages):
    tables = (schema.page_sessions, schema.page_session_links, schema.sign_in_codes)
    with pages.office.store.begin(only_reads=True) as connection:
        return tuple(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)


def purge(pages):
    return purge_visits(pages.office.store, pages.clock())


def test_a_session_is_removed_when_it_is_over_and_its_codes_after_a_day(any_pages):
    path = link_in(mails(any_pages.office)[0])
    further = any_pages.other()
    any_pages.open(path)
    further.open(path)
    further.post(*further.form("/code/send"))
    assert (purge(any_pages), counts(any_pages)) == ((0, 0), (2, 2, 1))
    any_pages.clock.forward(hours=13)  # an unconfirmed session is over, but its code still counts
    assert (purge(any_pages), counts(any_pages)) == ((0, 0), (2, 2, 1))
    any_pages.clock.forward(hours=12)
    assert (purge(any_pages), counts(any_pages)) == ((1, 1), (1, 1, 0))
    assert any_pages.get("/d").status_code == 200
    any_pages.clock.forward(days=29)
    assert any_pages.get("/d").status_code == 403
    assert (purge(any_pages), counts(any_pages)) == ((1, 0), (0, 0, 0))


def test_an_ended_session_is_removed_at_once_and_its_history_stays(any_pages):
    any_pages.open(link_in(mails(any_pages.office)[0]))
    any_pages.send("kms", value="100")
    any_pages.post(*any_pages.form("/end"))
    assert (purge(any_pages), counts(any_pages)) == ((1, 0), (0, 0, 0))
    with any_pages.office.store.begin(only_reads=True) as connection:
        e = schema.request_events.c
        saved = connection.execute(select(e.session_id).where(e.kind == "item_saved")).scalars().all()
    assert saved == [1]


def test_a_night_removes_what_is_over(sqlite_office, moment, monkeypatch):
    from page_client import Pages

    ask(sqlite_office)
    monkeypatch.setattr("flows.jobs.night.now", moment)
    pages = Pages(sqlite_office, moment)
    pages.open(link_in(mails(sqlite_office)[0]))
    moment.forward(days=31)
    sqlite_office.night(moment().date())
    assert counts(pages) == (0, 0, 0)
