"""`relance web` as a process: ready at once, small, without what sending needs, and a code is mailed by a child of it."""

import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from page_client import ask, link_in, mails, text_of

HEAVY = "pandas|numpy|pyarrow|prefect|great_expectations"
SECONDS = 30


@contextmanager
def served(home, *more):
    began = time.monotonic()
    command = [sys.executable, "-X", "importtime", "-m", "flows", "web", "--port", "0", "--home", str(home), *more]
    log = home / "web.log"
    with log.open("wb") as written, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=written) as process:
        try:
            while not (found := re.search(rb"served at (http://\S+)", log.read_bytes())):
                assert process.poll() is None, log.read_text()[-2000:]
                assert time.monotonic() - began < SECONDS
                time.sleep(0.05)
            yield found[1].decode(), process, log
        finally:
            process.send_signal(signal.SIGINT)


@pytest.mark.slow
def test_it_serves_the_page_mails_a_code_and_loads_nothing_that_only_sending_needs(sqlite_office):
    ask(sqlite_office)
    home = sqlite_office.settings.home
    path = link_in(mails(sqlite_office)[0])
    with httpx.Client() as first, httpx.Client() as second, served(home) as (address, process, log):
        for client in (first, second):
            client.base_url = address
            assert client.post(path).headers["location"] == "/d"
        assert 'id="item-kms"' in first.get("/d").text
        form = re.search(r'name="form" value="(\w+)"', second.get("/d").text)[1]
        assert second.post("/d/1/code/send", data={"form": form}).status_code == 200
        assert first.post("/events", content=b"[]").status_code == 404  # this home takes no events
        until = time.monotonic() + SECONDS
        while len(found := mails(sqlite_office)) < 2 and time.monotonic() < until:
            time.sleep(0.1)
        code = re.search(r"\b\d{6}\b", text_of(found[1])).group()
        assert second.post("/d/1/code", data={"form": form, "code": code}).status_code == 303
        assert 'id="item-kms"' in second.get("/d").text
        loaded = re.findall(rf"\|\s+({HEAVY})(?:\s|$)", log.read_text())
        assert loaded == []
        if Path("/proc").is_dir():
            status = Path(f"/proc/{process.pid}/status").read_text()
            assert int(re.search(r"VmHWM:\s+(\d+)", status)[1]) < 120 * 1024
        assert path.rpartition("/")[2] not in log.read_text()
