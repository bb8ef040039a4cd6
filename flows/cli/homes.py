"""`relance init`, `demo` and `migrate`: create homes, and keep their databases up to date.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.options import home
from flows.cli.output import program, say, session, words_for_errors

if TYPE_CHECKING:
    from flows.home.settings import Settings
    from sql.store import Store


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def init(folder: Path) -> None:
    """Create a firm's folder from the shipped starter.

    Example: relance init my-firm
    """
    init_home(folder)


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path("relance-demo"))
def demo(folder: Path) -> None:
    """Create a complete demo firm, run one night, and show the report and the e-mails.

    Example: relance demo
    """
    demo_home(folder)


@click.command()
@home
def migrate(home: Path) -> None:
    """Upgrade the database to this version's tables.

    Example: relance migrate
    """
    migrate_database(home)


# The date of the demo's run: a Tuesday, and always the same.
DEMO_NIGHT = dt.date(2026, 11, 24)
DEMO_PAGE = "\nweb:\n  url: http://127.0.0.1:8080\n"
DEMO_SCHEDULE = ("id-card", "renewal")


def init_home(folder: Path) -> None:
    """Copy the starter into a new or empty folder, and create its database."""
    from flows.home.copy import copy_home

    with words_for_errors():
        copy_home("starter", folder)
    with session(folder):
        pass
    say(f"{folder} is ready. Next: write your firm's name and address into {folder / 'firm.yaml'}, then")
    say(f"  {program()} import relations FILE.csv --home {folder}")
    say(f"  {program()} assign id-card/renewal --home {folder}")
    say(f"  {program()} run --dry-run --home {folder}")


def demo_home(folder: Path) -> None:
    """Create the demo firm and run its night.

    The demo always uses the database in its own folder, whatever RELANCE_DATABASE_URL says.
    """
    from flows.home.copy import HOMES, copy_home
    from flows.home.settings import load_settings
    from flows.jobs.links import link_per_language
    from sql.migrate import migrate

    if (folder / "firm.yaml").is_file() and (folder / "demo-relations.csv").is_file():
        shutil.rmtree(folder)  # an earlier demo, which is created again
    with words_for_errors():
        copy_home("starter", folder)
        shutil.copytree(HOMES / "demo", folder, dirs_exist_ok=True)
        with (folder / "firm.yaml").open("a", encoding="utf-8") as firm:
            firm.write(DEMO_PAGE)
        settings = load_settings(folder, {})
        store = settings.open_store()
        try:
            migrate(store)
            _demo_night(settings, store)
            links = link_per_language(settings, store)
        finally:
            store.close()
    _tell_demo(folder, links)


def _demo_night(settings: Settings, store: Store) -> None:
    from flows.cli.run import print_night, with_progress
    from flows.jobs.imports import run_import
    from flows.jobs.night import NightOptions, run_night
    from tasks.planning.assignments import RelationFilter, assign

    day_before = DEMO_NIGHT - dt.timedelta(days=1)
    for kind in ("users", "relations", "missions", "mission_services"):
        imported = run_import(settings, store, kind, settings.home / f"demo-{kind}.csv", None, day_before)
        a = imported.admission
        say(f"import {kind}: {a.read:,} rows read, {a.new:,} in, {a.quarantined:,} quarantined")
    served = settings.templates[DEMO_SCHEDULE[0]]
    did = assign(store, *DEMO_SCHEDULE, RelationFilter(tuple(served.applies_to), tuple(served.statuses)), day_before)
    say(f"assign {'/'.join(DEMO_SCHEDULE)}: {did.changed:,} relations")
    print_night(run_night(settings, store, NightOptions(DEMO_NIGHT), with_progress))


def _tell_demo(folder: Path, links: dict[str, str]) -> None:
    mails = sorted((folder / "outbox").glob("*.eml"))
    say("")
    say(f"The report: {folder / 'reports' / f'report-{DEMO_NIGHT}.html'} (open it in a browser)")
    say(f"The mails:  {folder / 'outbox'} ({len(mails)} .eml files; open one in your mail program)")
    say(f"The client's page, as a client of each language sees it: `{program()} web --home {folder}`, then open")
    for language, url in links.items():
        say(f"  {language}: {url}")
    say("Try next:")
    say(f"  {program()} tasks --home {folder}")
    say(f"  {program()} messages --status dropped --home {folder}")
    say(f"  {program()} explain R0007 --as-of {DEMO_NIGHT} --home {folder}")
    say(f"  {program()} explain R0018 --as-of {DEMO_NIGHT} --home {folder}")
    click.echo(str(folder))


def migrate_database(home: Path) -> None:
    """Upgrade the database of a home."""
    from flows.home.settings import load_settings
    from sql.migrate import migrate

    with words_for_errors():
        store = load_settings(home, os.environ).open_store()
        try:
            before, after = migrate(store)
        finally:
            store.close()
    say(f"{store.shown_url}: {'made at' if before is None else f'from {before} to'} {after}.")
