"""How Prefect is set and what is scheduled when; what is served is tests/end_to_end/test_serve.py's."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from flows.server.environment import path_of_packages, prefect_environment

DEPLOYMENTS = Path(__file__).parents[3] / "deployments"


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
    once = path_of_packages({"PYTHONPATH": "/elsewhere"})
    assert once.endswith(":/elsewhere")
    assert path_of_packages({"PYTHONPATH": once}) == once


def test_a_work_pool_gets_what_relance_serve_serves():
    from flows.server.serve import SERVED

    deployed = yaml.safe_load((DEPLOYMENTS / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    told = {
        one["name"]: (one["entrypoint"], [(s["cron"], s["timezone"] == "UTC") for s in one.get("schedules", [])])
        for one in deployed
    }
    served = {
        one.flow.name: (
            f"{one.flow.fn.__module__}.{one.flow.fn.__name__}",
            [(one.cron, one.is_utc)] if one.cron else [],
        )
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
    from flows.home.settings import load_settings
    from flows.server.serve import deployments_of

    made = {one.name: one for one in deployments_of(load_settings(home, {}))}
    forms = {name: one._parameter_openapi_schema.properties for name, one in made.items()}
    assert forms["run-planning-now"]["schedule"]["enum"][0] == "all"
    assert "id-card/renewal" in forms["assign-schedule"]["schedule"]["enum"]
    assert {"type": "null"} in forms["import-csv"]["mapping"]["anyOf"]
    assert forms["nightly"]["as_of"]["anyOf"][0]["pattern"]
    assert forms["run-planning-now"]["dry_run"]["description"].startswith("Show what would happen")
    (schedule,) = made["nightly"].schedules
    assert (schedule.schedule.cron, schedule.schedule.timezone) == ("0 2 * * *", "Europe/Paris")


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/Santiago", "Australia/Lord_Howe", "Africa/Cairo"])
def test_when_clocks_change_a_night_comes_on_every_day_and_dispatch_every_five_minutes(home, zone):
    import asyncio
    from zoneinfo import ZoneInfo

    from prefect.server.schemas.schedules import CronSchedule

    from flows.home.settings import load_settings
    from flows.server.serve import deployments_of

    path = home / "firm.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("timezone: Europe/Paris", f"timezone: {zone}"))
    # The server's own class says when runs come.
    made = {
        one.name: CronSchedule(**one.schedules[0].schedule.model_dump())
        for one in deployments_of(load_settings(home, {}))
        if one.schedules
    }
    start = datetime(2026, 12, 31, 12, tzinfo=UTC)
    nights = asyncio.run(made["nightly"].get_dates(365, start))
    first = nights[0].astimezone(ZoneInfo(zone)).date()
    assert [at.astimezone(ZoneInfo(zone)).date() for at in nights] == [first + timedelta(days=n) for n in range(365)]
    # From just before each change of the year's clocks, as far as the scheduler looks ahead at once.
    hours = [start + timedelta(hours=n) for n in range(365 * 24)]
    changes = [
        a
        for a, b in pairwise(hours)
        if a.astimezone(ZoneInfo(zone)).utcoffset() != b.astimezone(ZoneInfo(zone)).utcoffset()
    ]
    assert len(changes) == 2
    for change in changes:
        minutes = asyncio.run(made["dispatch"].get_dates(60, change - timedelta(hours=2)))
        assert {(b - a).total_seconds() for a, b in pairwise(minutes)} == {300}
