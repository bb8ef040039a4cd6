"""What `relance serve` notices of its Prefect server; a stand-in answers for the server, the clock is given."""

import json
import threading
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from factories import relation
from flows.home.clock import now
from flows.home.errors import SettingsError
from flows.server.prefect_server import PrefectApi, ServerUnreachable, served_at, serving_alone
from flows.server.watch import ErrorLog, ServerWatch, missed_night
from tasks.runs import begin_run, end_run, last_planned_day

STARTED = datetime(2026, 11, 24, 20, tzinfo=UTC)
NEXT_NIGHT = datetime(2026, 11, 25, 1, tzinfo=UTC)


class Stand(ThreadingHTTPServer):
    """Answers what PrefectApi asks; `next_runs` are the scheduled runs of `nightly`, None where it is not deployed."""

    def __init__(self, password: str | None = None) -> None:
        self.next_runs: list[datetime] | None = [NEXT_NIGHT]
        self.password = password
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def api(self) -> PrefectApi:
        return PrefectApi(f"http://127.0.0.1:{self.server_port}/api", self.password)


class Handler(BaseHTTPRequestHandler):
    server: Stand

    def answer(self, status: int, body: object) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def do_GET(self) -> None:
        if self.path.startswith("/api/csrf-token"):
            return self.answer(200, {"token": "t"})
        if self.server.password and not self.headers.get("Authorization"):
            return self.answer(401, {})
        if self.server.next_runs is None:
            return self.answer(404, {})
        return self.answer(200, {"id": "d1"})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Prefect-Csrf-Token"] == "t"
        assert asked["flow_runs"]["deployment_id"] == {"any_": ["d1"]}
        self.answer(200, [{"expected_start_time": at.isoformat()} for at in self.server.next_runs or []])

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def server():
    with Stand() as found:
        yield found
        found.shutdown()


@pytest.fixture
def watch(server, sqlite_office):
    said, nights = [], []
    made = ServerWatch(
        store=sqlite_office.store,
        zone=sqlite_office.settings.firm.zone,
        api=server.api,
        own_server=None,
        errors=None,
        start_night=lambda: nights.append(1),
        report=said.append,
        started_at=STARTED,
    )
    made.said, made.nights = said, nights
    return made


def ran(store, day, status="done", figures="{}"):
    end_run(store, begin_run(store, day, now()), status, now(), 1, figures)


def test_the_next_run_is_the_servers_and_a_password_is_needed_where_it_has_one(server):
    assert server.api.next_run_at("nightly") == NEXT_NIGHT
    server.next_runs = []
    assert server.api.next_run_at("nightly") is None
    server.next_runs = None
    assert server.api.next_run_at("nightly") is None
    with Stand("desk:secret") as guarded:
        assert guarded.api.next_run_at("nightly") == NEXT_NIGHT
        with pytest.raises(ServerUnreachable, match="answers 401"):
            PrefectApi(guarded.api.url).next_run_at("nightly")
        guarded.shutdown()
    with pytest.raises(ServerUnreachable, match="does not answer"):
        PrefectApi("http://127.0.0.1:9/api").next_run_at("nightly")


def test_a_minute_without_a_scheduled_night_ends_serving_in_words(watch, server):
    server.next_runs = []
    watch.look(STARTED + timedelta(seconds=59))
    with pytest.raises(SettingsError, match="no run of `nightly`"):
        watch.look(STARTED + timedelta(seconds=61))


def test_a_schedule_that_dries_up_later_is_reported_once(watch, server):
    watch.look(STARTED + timedelta(minutes=2))
    server.next_runs = []
    for minutes in (3, 4):
        watch.look(STARTED + timedelta(minutes=minutes))
    assert [line for line in watch.said if "no run of `nightly`" in line] == watch.said[:1]
    server.next_runs = [NEXT_NIGHT]
    watch.look(STARTED + timedelta(minutes=5))
    server.next_runs = []
    watch.look(STARTED + timedelta(minutes=6))
    assert len(watch.said) == 2


def test_a_server_that_does_not_answer_is_reported_and_does_not_end_serving(watch):
    watch.api = PrefectApi("http://127.0.0.1:9/api")
    watch.look(STARTED + timedelta(minutes=2))
    assert "does not answer" in watch.said[0]


@pytest.mark.parametrize("last", [None, date(2026, 11, 24)])
def test_a_night_that_did_not_come_is_started_once_an_hour_after_its_time(watch, last):
    if last is not None:
        ran(watch.store, last)
    watch.look(datetime(2026, 11, 25, 1, 59, tzinfo=UTC))  # 02:59 in Paris
    assert watch.nights == []
    for minute in (1, 30):
        watch.look(datetime(2026, 11, 25, 2, minute, tzinfo=UTC))
    assert watch.nights == [1]
    assert watch.said == ["The night of 2026-11-25 was not done an hour after its time; it is started now."]


def test_a_night_that_is_still_running_is_not_started_again(watch):
    ran(watch.store, date(2026, 11, 24))
    with watch.store.lock().acquire():
        watch.look(datetime(2026, 11, 25, 2, 1, tzinfo=UTC))
    assert watch.nights == []


def test_a_night_that_was_done_is_not_started_again(watch):
    ran(watch.store, date(2026, 11, 25))
    watch.look(datetime(2026, 11, 25, 2, 1, tzinfo=UTC))
    assert watch.nights == []


@pytest.mark.parametrize(
    ("last", "at", "missed"),
    [
        (None, datetime(2026, 11, 24, 12, tzinfo=UTC), None),
        (date(2026, 11, 24), datetime(2026, 11, 24, 12, tzinfo=UTC), None),
        (date(2026, 11, 23), datetime(2026, 11, 24, 12, tzinfo=UTC), date(2026, 11, 24)),
        # At half past one in Paris tonight's night has not been yet.
        (date(2026, 11, 23), datetime(2026, 11, 24, 0, 30, tzinfo=UTC), None),
        (date(2026, 11, 23), datetime(2026, 11, 24, 1, 30, tzinfo=UTC), date(2026, 11, 24)),
        (date(2026, 11, 10), datetime(2026, 11, 24, 0, 30, tzinfo=UTC), date(2026, 11, 23)),
        # A run for a day to come says nothing of tonight.
        (date(2027, 6, 1), datetime(2026, 11, 24, 12, tzinfo=UTC), None),
    ],
)
def test_a_night_that_did_not_come_is_known_at_the_next_start(sqlite_office, last, at, missed):
    if last is not None:
        ran(sqlite_office.store, last)
    assert missed_night(sqlite_office.store, sqlite_office.settings.firm.zone, at, at) == missed


def test_only_a_whole_run_that_was_done_is_a_night(store):
    ran(store, date(2026, 11, 20))
    ran(store, date(2026, 11, 21), "failed")
    ran(store, date(2026, 11, 22), figures='{"is_whole": false}')
    ran(store, date(2027, 11, 20))
    assert last_planned_day(store, date(2026, 11, 24)) == date(2026, 11, 20)


def test_a_run_of_one_schedule_does_not_stand_for_the_night(sqlite_office):
    sqlite_office.bring(relation("R1", "2026-12-01"))
    sqlite_office.night(date(2026, 11, 24), schedule="id-card/renewal")
    assert last_planned_day(sqlite_office.store, date(2026, 11, 24)) is None
    sqlite_office.night(date(2026, 11, 24))
    assert last_planned_day(sqlite_office.store, date(2026, 11, 24)) == date(2026, 11, 24)


def test_each_kind_of_error_in_the_servers_log_is_given_once(tmp_path):
    path = tmp_path / "server.log"
    path.write_text("10:00:00.1 | ERROR   | prefect.server - Of an earlier start\n")
    log = ErrorLog(path)
    assert log.new_errors() == []
    scheduler = "| ERROR   | prefect.server.services.scheduler - Unexpected error in run {}: Can't evaluate\n"
    with path.open("a") as file:
        file.write("10:00:01.2 " + scheduler.format(17) + "Traceback (most recent call last):\n")
        file.write(
            "10:01:01.2 " + scheduler.format(18) + "10:01:02.0 | INFO    | prefect - Fine\n10:01:03 | ERROR   | half"
        )
    assert log.new_errors() == ["prefect.server.services.scheduler: Unexpected error in run 17: Can't evaluate"]
    with path.open("a") as file:
        file.write("a.line - Written later\n")
    assert log.new_errors() == ["halfa.line: Written later"]


def test_one_home_is_served_once_and_says_where(tmp_path):
    with serving_alone(tmp_path, "http://127.0.0.1:4200/api"):
        assert served_at(tmp_path) == "http://127.0.0.1:4200/api"
        second = serving_alone(tmp_path, "http://127.0.0.1:4201/api")
        with pytest.raises(SettingsError, match="serves this home at http://127.0.0.1:4200/api"), second:
            pass
    assert served_at(tmp_path) is None
    with serving_alone(tmp_path, "http://127.0.0.1:4201/api"):
        pass
