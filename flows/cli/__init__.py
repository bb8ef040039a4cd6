"""The command line: the group that holds every command.

Each module holds one noun: its options first, the work below. Slow imports are made inside the functions that use
them, so that `--help` answers at once. Data goes to standard output, messages to standard error. Exit codes: 0 done,
1 the work failed, 2 bad usage.
May touch: click. Tests: tests/integration/cli/test_cli.py.
"""

import click

from flows.cli.activities import activity, notifications
from flows.cli.assignments import assign
from flows.cli.desk import desk
from flows.cli.doctor import doctor
from flows.cli.edits import comment, edit
from flows.cli.events import events
from flows.cli.fields import erase, field, fields
from flows.cli.homes import demo, init, migrate
from flows.cli.imports import import_, imports, pull
from flows.cli.mappings import mapping
from flows.cli.missions import mission
from flows.cli.outbox import dispatch, messages, outbox
from flows.cli.quality import quality, report
from flows.cli.quarantine import quarantine
from flows.cli.recipients import pause, recipients, resume
from flows.cli.requests import accept, answer, documents, remind, return_
from flows.cli.rules import rule
from flows.cli.run import run
from flows.cli.serve import serve
from flows.cli.suppressions import suppressions
from flows.cli.tasks import cancel, done, explain, send, tasks
from flows.cli.templates import schema, template
from flows.cli.web import dossier, links, web


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="relance", message="%(version)s")
def relance() -> None:
    """Chase what a firm's clients owe it: checked data, due follow-ups, e-mails that are sent exactly once.

    Example: relance demo
    """


for group in (
    (init, demo, migrate),
    (import_, imports, mapping, pull, quarantine),
    (assign, run, tasks, done, cancel, send, messages, explain, mission),
    (answer, accept, return_, remind, documents),
    (recipients, edit, comment, pause, resume),
    (web, links, dossier, desk),
    (fields, field, erase),
    (activity, notifications, rule),
    (quality, report, doctor, template, schema),
    (dispatch, outbox, suppressions, events, serve),
):
    for command in group:
        relance.add_command(command)
