"""How Prefect is set and which night was missed; what is served is tests/end_to_end/test_serve.py's."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml

from flows.prefect_settings import prefect_environment, roof_on_path
from flows.settings import now
from tasks.ledger import begin_run, end_run, last_planned_day

DEPLOYMENTS = Path(__file__).parents[2] / "deployments"


def test_the_server_is_local_quiet_and_keeps_its_database_apart(tmp_path):
    found = prefect_environment(tmp_path, "127.0.0.1", 4200, {})
    assert found["PREFECT_API_URL"] == found["PREFECT_UI_API_URL"] == "http://127.0.0.1:4200/api"
    assert found["PREFECT_API_DATABASE_CONNECTION_URL"] == f"sqlite+aiosqlite:///{tmp_path}/prefect/prefect.db"
    assert found["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert found["PREFECT_SERVER_CSRF_PROTECTION_ENABLED"] == "true"
    assert "PREFECT_API_AUTH_STRING" not in found


def test_what_the_operator_sets_stays(tmp_path):
    theirs = {"PREFECT_API_DATABASE_CONNECTION_URL": "postgresql+asyncpg://db/prefect", "PREFECT_HOME": "/var/prefect"}
    found = prefect_environment(tmp_path, "127.0.0.1", 4200, theirs | {"PATH": "/bin"})
    assert theirs.items() <= found.items()
    assert "PATH" not in found


def test_a_server_with_a_password_is_talked_to_with_it(tmp_path):
    found = prefect_environment(tmp_path, "127.0.0.1", 4200, {"PREFECT_SERVER_API_AUTH_STRING": "desk:secret"})
    assert found["PREFECT_API_AUTH_STRING"] == "desk:secret"


def test_a_flows_own_process_finds_the_house(tmp_path):
    once = roof_on_path({"PYTHONPATH": "/elsewhere"})
    assert once.endswith(":/elsewhere")
    assert roof_on_path({"PYTHONPATH": once}) == once


def ran(store, day, status="done"):
    end_run(store, begin_run(store, day, now()), status, now(), 1)


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
    ],
)
def test_a_night_that_did_not_come_is_known_at_the_next_start(sqlite_office, last, at, missed):
    from flows.serving import missed_night

    if last is not None:
        ran(sqlite_office.store, last)
    assert missed_night(sqlite_office.settings, sqlite_office.store, at) == missed


def test_a_run_that_failed_is_no_night(store):
    ran(store, date(2026, 11, 20))
    ran(store, date(2026, 11, 24), "failed")
    assert last_planned_day(store) == date(2026, 11, 20)


def test_a_work_pool_gets_what_relance_serve_serves():
    from flows.serving import SERVED

    deployed = yaml.safe_load((DEPLOYMENTS / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    told = {one["name"]: (one["entrypoint"], [s["cron"] for s in one.get("schedules", [])]) for one in deployed}
    served = {
        one.flow.name: (f"{one.flow.fn.__module__}.{one.flow.fn.__name__}", [one.cron] if one.cron else [])
        for one in SERVED
    }
    assert told == served
    assert all(one["parameters"] == {} and "relance" in one["tags"] for one in deployed)


@pytest.mark.parametrize("file", ["compose.yaml", "automations.yaml", "prefect.yaml"])
def test_what_is_deployed_is_yaml_and_holds_no_secret(file):
    words = (DEPLOYMENTS / file).read_text(encoding="utf-8")
    assert yaml.safe_load(words)
    assert "SG." not in words


def test_a_form_offers_what_the_home_has(home):
    from flows.serving import deployments_of
    from flows.settings import load_settings

    made = {one.name: one for one in deployments_of(load_settings(home, {}))}
    forms = {name: one._parameter_openapi_schema.properties for name, one in made.items()}
    assert forms["run-planning-now"]["schedule"]["enum"][0] == "all"
    assert "id-card/renewal" in forms["assign-schedule"]["schedule"]["enum"]
    assert {"type": "null"} in forms["import-csv"]["mapping"]["anyOf"]
    assert forms["nightly"]["as_of"]["anyOf"][0]["pattern"]
    assert forms["run-planning-now"]["dry_run"]["description"].startswith("Show what would happen")
    (schedule,) = made["nightly"].schedules
    assert (schedule.schedule.cron, schedule.schedule.timezone) == ("0 2 * * *", "Europe/Paris")
