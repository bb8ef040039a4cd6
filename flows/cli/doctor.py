"""`relance doctor`: check what is in order and what is not, and say how to fix it.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.options import as_json, home
from flows.cli.output import print_json, print_table

if TYPE_CHECKING:
    from flows.home.settings import Settings
    from sql.store import Store
    from tasks.domain.definitions.source import Source


@click.command()
@click.option(
    "--live-fence",
    is_flag=True,
    help="Prove on the real account that a scheduled mail can be taken back: one is sent to the sender, and cancelled.",
)
@click.option("--live-invite", is_flag=True, help="Send the sender an invitation, to see what his mailbox makes of it.")
@as_json
@home
def doctor(live_fence: bool, live_invite: bool, as_json: bool, home: Path) -> None:
    """Check settings, database, versions and transport, and say what to fix.

    Example: relance doctor
    """
    examine(home, live_fence, live_invite, as_json)


PACKAGES = ("prefect", "pandas", "sqlalchemy", "great-expectations", "jinja2", "fastapi")


@dataclass(frozen=True)
class Check:
    """The result of one check."""

    name: str
    ok: bool
    detail: str


def examine(home: Path, live_fence: bool, live_invite: bool, as_json: bool) -> None:
    """Check everything; exit 1 if something needs fixing.

    Args:
        home: the firm's folder.
        live_fence: also test the fence on the real SendGrid account.
        live_invite: also send the sender an invitation.
        as_json: print the checks as JSON.
    """
    checks = examine_home(home)
    if live_fence:
        checks.append(_live(home, "live fence"))
    if live_invite:
        checks.append(_live(home, "live invite"))
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        rows = [asdict(check) | {"ok": "ok" if check.ok else "FIX"} for check in checks]
        print_table(rows, {"ok": "", "name": "Check", "detail": "Found"})
    if not all(check.ok for check in checks):
        raise click.exceptions.Exit(1)


def examine_home(home: Path) -> list[Check]:
    """Every check, in the order to fix them."""
    from flows.cli.doctor_page import page_in_words
    from flows.home.errors import SettingsError
    from flows.home.settings import load_settings
    from sql.migrate import HEAD, current
    from tasks.domain.definitions.yaml_models import DefinitionError

    checks = [Check("versions", True, _versions())]
    try:
        settings = load_settings(home, os.environ)
    except (SettingsError, DefinitionError) as error:
        return [*checks, Check("home", False, str(error))]
    checks.append(Check("home", True, f"{len(settings.templates)} templates, {len(settings.mappings)} mappings"))
    store = settings.open_store()
    try:
        checks.append(_look("database", lambda: _database(store)))
        if checks[-1].ok and current(store) == HEAD:
            checks.append(_look("sending", lambda: _sending(store)))
            checks.extend(_ids(settings, store))
    finally:
        store.close()
    checks.append(_look("outbox", lambda: _writable(settings.outbox)))
    checks.append(_look("reports", lambda: _writable(settings.reports)))
    checks.extend(_look(f"source {name}", partial(_source, settings, one)) for name, one in settings.sources.items())
    checks.append(_look("next night", lambda: _next_night(settings, os.environ)))
    checks.append(_look("client's page", lambda: page_in_words(settings)))
    checks.append(_transport(settings))
    return checks


def _look(name: str, look: Callable[[], str]) -> Check:
    from sqlalchemy.exc import DBAPIError

    from flows.home.errors import SettingsError

    try:
        return Check(name, True, look())
    except DBAPIError as error:
        return Check(name, False, str(error.orig).partition("\n")[0])
    except (OSError, SettingsError) as error:
        return Check(name, False, str(error))


def _versions() -> str:
    return f"python {platform.python_version()}, " + ", ".join(f"{p} {version(p)}" for p in PACKAGES)


def _database(store: Store) -> str:
    from sqlalchemy import text

    from flows.home.clock import now
    from flows.home.errors import SettingsError
    from sql.migrate import HEAD, current
    from sql.store import sqlite_journal_mode
    from tasks.runs import begin_run

    revision = current(store)
    if revision not in (None, HEAD):
        raise SettingsError(f"{store.shown_url} is at revision {revision}, not {HEAD}: run `relance migrate`.")
    if revision == HEAD:
        with store.rehearsal():
            begin_run(store, dt.date(2000, 1, 1), now())
    if store.is_sqlite:
        mode = sqlite_journal_mode(sqlite3.sqlite_version_info)
        return f"{store.shown_url}, SQLite {sqlite3.sqlite_version}, journal {mode}, revision {revision or 'none yet'}"
    with store.begin() as connection:
        server = connection.execute(text("SHOW server_version")).scalar_one()
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
        may_create = connection.execute(
            text("SELECT has_schema_privilege(current_user, current_schema(), 'CREATE')")
        ).scalar_one()
    if encoding != "UTF8":
        raise SettingsError(f"{store.shown_url}: its encoding is {encoding}; make the database with ENCODING 'UTF8'.")
    if not may_create:
        raise SettingsError(f"{store.shown_url}: this user may not create tables in its schema; grant CREATE.")
    return f"{store.shown_url}, PostgreSQL {server}, revision {revision or 'none yet'}"


def _writable(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / ".relance-probe"
    probe.write_text("", encoding="utf-8")
    probe.unlink()
    return f"{folder} can be written"


def _next_night(settings: Settings, environment: Mapping[str, str]) -> str:
    """When the Prefect server of this home will start the next nightly run."""
    from flows.home.errors import SettingsError
    from flows.server.prefect_server import PrefectApi, ServerUnreachable, served_at

    url = environment.get("PREFECT_API_URL") or served_at(settings.home)
    if url is None:
        return "not by Prefect: no server serves this home (`relance serve`); cron or a timer may run `relance run`"
    try:
        next_at = PrefectApi.of(url, environment).next_run_at("nightly")
    except ServerUnreachable as error:
        raise SettingsError(
            f"{error}. Start `relance serve` again, or the server that PREFECT_API_URL names."
        ) from None
    if next_at is None:
        raise SettingsError(f"{url} has scheduled no run of `nightly`: no night will start. Look at its server's log.")
    return f"{next_at.astimezone(settings.firm.zone):%Y-%m-%d %H:%M} ({settings.firm.timezone}), by {url}"


def _transport(settings: Settings) -> Check:
    from flows.home.outgoing import open_outgoing
    from tasks.mail.transport.base import TransportError

    if settings.sendgrid is None:
        return Check("transport", True, f"folder: mails are written to {settings.outbox}, none leaves this machine")
    with open_outgoing(settings, None) as outgoing:
        try:
            cancels = len(outgoing.service.cancelled_batches() if outgoing.service else [])
        except TransportError as error:
            return Check("transport", False, f"sendgrid: {error}")
    return Check("transport", True, f"sendgrid: {settings.sendgrid.host} takes the key; {cancels} cancels stand")


def _source(settings: Settings, source: Source) -> str:
    from flows.home.errors import SettingsError
    from tasks.intake.query import SourceError, reach, url_of

    try:
        return reach(source, url_of(source, settings.home))
    except SourceError as error:
        raise SettingsError(str(error)) from None


def _sending(store: Store) -> str:
    from flows.home.errors import SettingsError
    from tasks.mail.delivery.pauses import DispatchPaused, ensure_not_paused

    try:
        ensure_not_paused(store)
    except DispatchPaused as paused:
        raise SettingsError(str(paused)) from None
    return "not paused"


def _ids(settings: Settings, store: Store) -> list[Check]:
    """Stored ids that look alike to a person (Q6), if any; kinds with `ids: exact` are allowed to have them."""
    from tasks.intake.twins import stored_twins

    found = stored_twins(store)
    if not found:
        return []
    named = "; ".join(f"{kind}: {', '.join(' = '.join(g) for g in groups)}" for kind, groups in found.items())
    is_meant = {mapping.kind for mapping in settings.mappings.values() if mapping.ids == "exact"}
    if not set(found) - is_meant:
        return [Check("ids", True, f"read as one, as a profile allows: {named}")]
    return [
        Check(
            "ids",
            False,
            f"these ids are read as one: {named}. If they are the same, correct the source and end or undo the second: "
            "each gets its own tasks and mails. If not, write `ids: exact` in the mapping profile.",
        )
    ]


def _live(home: Path, name: str) -> Check:
    """Test on the real account: flows/jobs/live_fence.py, flows/jobs/live_invite.py."""
    from flows.home.errors import SettingsError
    from flows.home.session import opened
    from flows.jobs.live_fence import prove_fence
    from flows.jobs.live_invite import send_test_invitation
    from sql.store import StoreError
    from tasks.domain.definitions.yaml_models import DefinitionError
    from tasks.mail.transport.base import TransportError

    try:
        with opened(home) as (settings, store):
            said = prove_fence(settings, store) if name == "live fence" else send_test_invitation(settings)
            return Check(name, True, said)
    except (SettingsError, DefinitionError, StoreError, TransportError) as error:
        return Check(name, False, str(error))
