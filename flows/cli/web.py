"""`relance web` and `links`: the client's page, and the links to it.

May touch: click; everything else inside functions. Tests: tests/integration/web/test_web_server.py.
"""

from __future__ import annotations

from pathlib import Path

import click

from flows.cli.options import as_json, home
from flows.cli.output import print_json, print_table, say, session

PORT = 8080


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=PORT, show_default=True, help="The port to listen on; 0 for any free one.")
@home
def web(host: str, port: int, home: Path) -> None:
    """Serve the client's page, the desk, one-click unsubscribe and SendGrid's events until stopped.

    It listens on this machine only; put a web server with TLS before it (deployments/README.md).

    Example: relance web --port 8080
    """
    from flows.web.server import serve_pages

    with session(home) as (settings, store):
        serve_pages(settings, store, host, port, lambda at: say(f"The pages are served at {at} until stopped."))


@click.command()
@click.argument("task_id", type=int)
@click.option("--revoke", is_flag=True, help="The links open nothing any more; the next message has new ones.")
@as_json
@home
def links(task_id: int, revoke: bool, as_json: bool, home: Path) -> None:
    """List the links to the pages of a task's requests, one for each recipient.

    Whoever has a link can open the page: give it to nobody else.

    Example: relance links 42
    """
    from flows.jobs.links import list_links, revoke_links

    with session(home) as (settings, store):
        if revoke:
            say(f"{revoke_links(store, task_id)} links of task {task_id} are revoked.")
            return
        found = list_links(settings, store, task_id)
    if as_json:
        print_json(found)
    else:
        print_table(found, {"step": "Request", "recipient_id": "Recipient", "expires_on": "Until", "url": "Link"})


@click.group()
def dossier() -> None:
    """What was asked of a client, and what came; the dossiers of update groups.

    Example: relance dossier proof 42
    """


@dossier.command("list")
@as_json
@home
def list_(as_json: bool, home: Path) -> None:
    """List the dossiers of update groups that are there, with their last day and how far each is.

    A dossier in which something waits for your review stays until you have reviewed it.

    Example: relance dossier list
    """
    from tasks.requests.dossiers import list_dossiers

    with session(home) as (_, store):
        found = list_dossiers(store)
    if as_json:
        print_json(found)
    else:
        columns = {"task_id": "Task", "relation_id": "Relation", "group": "Group", "opened_on": "Opened on"}
        counts = {"last_day": "Last day", "asked": "Asked", "answered": "Answered", "to_review": "To review"}
        print_table(found, columns | counts)


@dossier.command()
@click.argument("task_id", type=int)
@home
def proof(task_id: int, home: Path) -> None:
    """Print what was asked, when, and what came, as JSON: items, messages, documents, and every event.

    Example: relance dossier proof 42
    """
    from tasks.requests.proof import read_proof

    with session(home) as (_, store):
        print_json(read_proof(store, task_id))
