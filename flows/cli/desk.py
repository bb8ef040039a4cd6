"""`relance desk`: a link to sign in, roles of users, and what was done at the desk.

May touch: click; everything else inside functions. Tests: tests/integration/desk/test_desk_commands.py.
"""

from __future__ import annotations

from pathlib import Path

import click

from flows.cli.options import as_json, home
from flows.cli.output import print_json, print_table, say, session

LOCAL = "http://127.0.0.1:8080"  # where `relance web` serves the pages, if firm.yaml does not say


@click.group()
def desk() -> None:
    """Who may use the firm's own pages, and what was done there.

    Example: relance desk role U1 admin
    """


@desk.command()
@click.argument("user_id")
@home
def link(user_id: str, home: Path) -> None:
    """Print a link with which a user signs in once, within fifteen minutes: where no mail can be sent yet.

    Example: relance desk link U1
    """
    from flows.home.clock import now
    from tasks.desk.sign_in import desk_url, make_link
    from tasks.desk.users import get_user

    with session(home) as (settings, store):
        with store.begin() as connection:
            user = get_user(connection, user_id)
            _, token = make_link(connection, user.user_id, settings.web_key(), now())
        say(f"{user.name} ({user.role}) signs in with:")
        click.echo(desk_url(settings.firm.web.base or LOCAL, token))


@desk.command()
@click.argument("user_id")
@click.argument("role")
@home
def role(user_id: str, role: str, home: Path) -> None:
    """Give a user a role: reader sees, staff (the default) acts, admin also imports, assigns schedules and plans.

    An import with a column `role` sets it, too.

    Example: relance desk role U1 admin
    """
    from tasks.desk.users import set_role

    with session(home) as (_, store):
        with store.begin() as connection:
            set_role(connection, user_id, role)
        say(f"{user_id} is {role}.")


@desk.command(hidden=True)
@click.argument("work_id", type=int)
@home
def work(work_id: int, home: Path) -> None:
    """Do a work that was asked for at the desk.

    Example: relance desk work 12
    """
    from flows.jobs.desk.work import do_work

    with session(home) as (settings, store):
        do_work(settings, store, work_id)


@desk.command()
@click.option("--last", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many.")
@as_json
@home
def acts(last: int, as_json: bool, home: Path) -> None:
    """List what was done at the desk, and by whom, the latest first.

    Example: relance desk acts --last 20
    """
    from tasks.desk.acts import latest_acts

    with session(home) as (_, store), store.begin(only_reads=True) as connection:
        found = latest_acts(connection, last)
    rows = [row | {"happened_at": f"{row['happened_at']:%Y-%m-%dT%H:%M:%SZ}"} for row in found]
    if as_json:
        print_json(rows)
    else:
        columns = {"happened_at": "When", "user_id": "Who", "act": "Act", "about_kind": "About", "about_id": "Which"}
        print_table(rows, columns)
