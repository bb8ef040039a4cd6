"""`relance serve` as an operator uses it: started, seen in a real browser, run from its form, stopped, killed."""

import os
import re
import signal
from pathlib import Path

import httpx
import pytest

from factories import relation
from served import free_port, serving, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
CHROMIUM = "/usr/bin/chromium"
SHOTS = os.environ.get("RELANCE_TEST_SHOTS")  # a folder, where CI keeps what a person may look at
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SECONDS_TO_READY = 40
PATIENCE_MS = 60_000


@pytest.fixture
def office(sqlite_office, monkeypatch):
    sqlite_office.bring(relation("R1", "2026-12-01"), relation("R2", "2026-11-20"))
    sqlite_office.put_on("R1", "R2")
    return sqlite_office


def shoot(page, name):
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.mark.skipif(not Path(CHROMIUM).is_file(), reason="there is no Chromium here; .ci/run installs it")
def test_an_operator_plans_now_from_the_form_and_sees_what_came_of_it(office):
    from playwright.sync_api import sync_playwright

    with serving(office.settings.home, free_port()) as served, sync_playwright() as playwright:
        assert served.seconds < SECONDS_TO_READY, served.said
        assert httpx.post(f"{served.address}/api/deployments/filter", json={}, trust_env=False).status_code == 403
        names = {one["name"] for one in served.ask("deployments/filter")}
        assert names == {
            "nightly",
            "dispatch",
            "data-quality-report",
            "purge-dossiers",
            "run-planning-now",
            "assign-schedule",
            "import-csv",
        }
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{served.address}/deployments")
        shoot(page, "deployments")
        page.get_by_role("link", name="run-planning-now").first.click()
        page.get_by_role("button", name="Run", exact=True).first.click()
        page.get_by_text("Custom run").first.click()
        # What the docstring says stands beside each field.
        page.get_by_text("The TEMPLATE/SCHEDULE to plan, or all of them.").wait_for()
        shoot(page, "form")
        page.get_by_role("button", name="all", exact=True).press("Space")
        page.get_by_role("option", name="id-card/renewal").click()
        # By the keyboard: a notice of Prefect's own may slide over the button under the pointer.
        page.get_by_role("button", name="Submit").press("Enter")
        page.wait_for_url(re.compile("/runs/flow-run/|tab=Runs"))
        wait_until(lambda: served.completed("run-planning-now"), 90, lambda: (served.states(), served.said))
        assert {task["relation_id"] for task in office.tasks()} <= {"R1", "R2"}
        assert office.tasks()
        assert office.mails() == [], "planning now mails nobody unless asked to"
        page.goto(f"{served.address}/artifacts")
        page.get_by_text("figures").first.wait_for()
        shoot(page, "artifacts")
        browser.close()
        assert served.end(signal.SIGTERM) == 0
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{served.address}/api/health", trust_env=False)


def test_a_bad_parameter_never_becomes_a_run_and_a_killed_server_leaves_no_run_running(office):
    port = free_port()
    with serving(office.settings.home, port) as served:
        (planning,) = [one for one in served.ask("deployments/filter") if one["name"] == "run-planning-now"]
        offered = planning["parameter_openapi_schema"]["properties"]["schedule"]["enum"]
        assert offered[0] == "all"
        assert "id-card/renewal" in offered
        for bad in ({"schedule": "nonsense"}, {"types": ["canary"]}, {"as_of": "soon"}, {"dry_run": "perhaps"}):
            asked = {"parameters": planning["parameters"] | bad, "state": {"type": "SCHEDULED"}}
            refused = served.post(f"deployments/{planning['id']}/create_flow_run", asked)
            assert refused.status_code in (409, 422), refused.text
        # A run that is left running as the machine dies.
        (nightly,) = [one for one in served.ask("deployments/filter") if one["name"] == "nightly"]
        run = served.ask(
            f"deployments/{nightly['id']}/create_flow_run", parameters=nightly["parameters"], tags=["relance"]
        )
        served.ask(f"flow_runs/{run['id']}/set_state", state={"type": "RUNNING"}, force=True)
        os.killpg(served.process.pid, signal.SIGKILL)
        served.process.wait()
    with serving(office.settings.home, port) as served:
        assert any("marked as crashed" in line for line in served.said), served.said
        found = httpx.get(f"{served.address}/api/flow_runs/{run['id']}", trust_env=False).json()
        assert (found["state_type"], "Its process was gone" in found["state"]["message"]) == ("CRASHED", True)
        assert served.end(signal.SIGTERM) == 0
