"""Two hundred clients save answers at once, idle, with fifty people at the desk, and while a night runs.

`python -m tests.load [RELATIONS] [CLIENTS]`.

A measurement, not a test: it prints the 50th and 95th percentile of a save, the number of errors, and how many of the
saves that were acknowledged the database lacks. Once each client types for some seconds before it saves, and once it
saves without pause, which shows what the server can do at most. On the embedded database, or on the one that
RELANCE_DATABASE_URL names.
"""

import asyncio
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import httpx

from tests.load.server import serve
from tests.load.staff import at_the_desk, staff_of

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "harness")]
ROUNDS = 5
TYPING = (2.0, 8.0)  # seconds before each save, from a client who has the paper at hand
NO_PAUSE = (0.0, 0.0)
FIVE_YEARS = 1826  # days


def main() -> None:
    """Make a home, serve its page, and measure."""
    from factories import Office
    from flows.home.copy import copy_home
    from flows.home.settings import load_settings
    from sql.migrate import migrate

    given = [int(word.replace(",", "")) for word in sys.argv[1:]]
    size, clients = [*given, *(100_000, 200)[len(given) :]]
    with tempfile.TemporaryDirectory(prefix="relance-load-") as folder:
        home = Path(folder) / "home"
        copy_home("starter", home)
        settings = load_settings(home, os.environ)
        store = settings.open_store()
        migrate(store)
        office = Office(settings, store)
        paths = prepare(office, size, clients)
        cookies = staff_of(settings, store)
        store.close()
        with serve(home) as (process, address):
            measure(home, process.pid, address, paths, cookies)


def measure(home: Path, pid: int, address: str, paths: list[str], cookies: list[str]) -> None:
    """Measure saves and an upload while nothing else runs, and saves while a night does."""
    rounds = Rounds(home, address, paths)
    rounds.run("idle, without pause", NO_PAUSE)
    rounds.run("idle, typing", TYPING)
    with at_the_desk(address, cookies):
        rounds.run(f"typing, and {len(cookies)} people at the desk", TYPING)
    upload_large(pid, address, paths[0])
    command = [sys.executable, "-m", "flows", "run", "--as-of", "2026-11-25", "--home", str(home)]
    for name, pause in (("a night, typing", TYPING), ("a night, without pause", NO_PAUSE)):
        began, night = time.monotonic(), subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        rounds.run(name, pause, during=night)
        sys.stdout.write(f"the night took {time.monotonic() - began:.0f} s, exit {night.wait()}\n")


def prepare(office: object, size: int, clients: int) -> list[str]:
    """Relations of which some are asked for numbers; returns the paths of their links."""
    from page_client import BASE, ask

    from factories import relation
    from flows.jobs.links import list_links

    items = [{"key": f"n{number}", "label": f"Nombre {number}", "type": "number"} for number in range(ROUNDS)]
    items.append({"key": "file", "label": "Fichier", "type": "document"})
    items.append({"key": "rest", "label": "Reste", "type": "text"})  # stays open, so that the request does
    asked = [relation(f"C{number:04}", "2027-03-01", email=f"c{number}@martin.example") for number in range(clients)]
    ask(office, *asked, items=items, web="  check: link\n", reminders="gently")
    # Cards expire on any day of five years, so that a night of a hundred thousand creates some thousand tasks.
    days = [(date(2026, 11, 1) + timedelta(days=number * 7 % FIVE_YEARS)).isoformat() for number in range(FIVE_YEARS)]
    rest = [
        relation(f"R{number:07}", days[number % FIVE_YEARS], email=f"r{number}@martin.example")
        for number in range(size - clients)
    ]
    office.bring(*rest, file="rest.csv")
    office.put_on()
    tasks = [task["task_id"] for task in office.tasks(template="month")]
    return [list_links(office.settings, office.store, task)[0]["url"].removeprefix(BASE) for task in tasks]


class Rounds:
    """Rounds in which each client saves its numbers once, each round other numbers."""

    def __init__(self, home: Path, address: str, paths: list[str]) -> None:
        self._home, self._address, self._paths = home, address, paths
        self._number = 0
        self._acknowledged: dict[tuple[str, str], str] = {}

    def run(self, name: str, pause: tuple[float, float], during: subprocess.Popen[bytes] | None = None) -> None:
        """Run one round, or rounds for as long as a process runs; print a line."""
        found: list[float | str] = []
        while True:
            found += asyncio.run(self._round(pause, during))
            if during is None or during.poll() is not None:
                break
        show(name, found, self._lost())

    async def _round(self, pause: tuple[float, float], during: subprocess.Popen[bytes] | None) -> list[float | str]:
        self._number += 1
        clients = [self._client(path, pause, during) for path in self._paths]
        done = await asyncio.gather(*clients, return_exceptions=True)
        return [one for found in done for one in (found if isinstance(found, list) else [repr(found)])]

    async def _client(
        self, path: str, pause: tuple[float, float], during: subprocess.Popen[bytes] | None
    ) -> list[float | str]:
        """One client opens its page and saves its numbers; the seconds of each save, or its error."""
        async with httpx.AsyncClient(base_url=self._address, timeout=120) as web:
            await asyncio.sleep(random.uniform(0, pause[1]))
            await web.post(path)
            page = (await web.get("/d")).text
            form, link = re.search(r'name="form" value="(\w+)"', page), re.search(r'action="/d/(\d+)/items', page)
            if form is None or link is None:
                return ["no form"]
            found: list[float | str] = []
            for item in range(ROUNDS):
                await asyncio.sleep(random.uniform(*pause))
                if during is not None and during.poll() is not None:
                    break
                began, value = time.monotonic(), str(self._number * 10 + item)
                answer = await web.post(f"/d/{link[1]}/items/n{item}", data={"form": form[1], "value": value})
                found.append(time.monotonic() - began if answer.status_code == 303 else str(answer.status_code))
                if answer.status_code == 303:
                    self._acknowledged[link[1], f"n{item}"] = value
            return found

    def _lost(self) -> int:
        """How many of the saves that were acknowledged, each the last of its item, are not in the database."""
        from flows.home.settings import load_settings

        store = load_settings(self._home, os.environ).open_store()
        stored = (
            "SELECT l.link_id, i.key, i.value FROM page_links l "
            "JOIN request_items i ON i.task_id = l.task_id AND i.subtask = l.step"
        )
        with store.begin(only_reads=True) as connection:
            values = {(str(row[0]), row[1]): row[2] for row in connection.exec_driver_sql(stored)}
        store.close()
        return sum(values.get(key) != value for key, value in self._acknowledged.items())


def upload_large(pid: int, address: str, path: str) -> None:
    """One file of nearly 25 MB; prints by how much the server's memory rose above what it had before."""
    content = b"date;montant\n" + b"01/01/2026;1234,50\n" * (24_000_000 // 19)
    with httpx.Client(base_url=address, timeout=120) as web:
        web.post(path)
        page = web.get("/d").text
        form, link = re.search(r'name="form" value="(\w+)"', page), re.search(r'action="/d/(\d+)/items', page)
        assert form is not None
        assert link is not None
        status = Path(f"/proc/{pid}/status")
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # forgets the peak so far
        before = memory(status, "VmRSS")
        headers = {"x-form": form[1], "x-file-name": "releve.csv"}
        began = time.monotonic()
        answer = web.post(f"/d/{link[1]}/items/file/files", content=content, headers=headers)
        seconds, rose = time.monotonic() - began, memory(status, "VmHWM") - before
    figures = f"{len(content) / 1e6:.0f} MB in {seconds:.1f} s, memory rose by {rose / 1024:.0f} MB"
    sys.stdout.write(f"upload: {answer.status_code}, {figures}\n")


def memory(status: Path, name: str) -> int:
    """A figure of a process, in kilobytes."""
    found = re.search(rf"{name}:\s+(\d+)", status.read_text())
    assert found is not None
    return int(found[1])


def show(name: str, found: list[float | str], lost: int) -> None:
    """Print one line."""
    seconds = sorted(one for one in found if isinstance(one, float))
    errors = [one for one in found if isinstance(one, str)]
    middle, late = (seconds[int(len(seconds) * share)] if seconds else 0.0 for share in (0.5, 0.95))
    figures = f"{len(seconds)} saves, p50 {middle * 1000:,.0f} ms, p95 {late * 1000:,.0f} ms"
    sys.stdout.write(f"{name}: {figures}, lost {lost}, errors {len(errors)} {errors[:5]}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
