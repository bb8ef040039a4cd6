"""The verbs and their words. What a verb does is in flows/verbs/, imported only when it is called.

Data goes to standard output, words to standard error. Exit 0: done; 1: the work failed; 2: bad usage.
May touch: click. Tests: tests/integration/test_cli.py.
"""

import datetime as dt
from pathlib import Path
from typing import Any

import click

from flows.cli_import import import_, imports, mapping, pull, quarantine
from flows.cli_look import explain, messages, quality, report, tasks
from flows.cli_mission import mission
from flows.cli_outbox import dispatch, events, outbox, serve, suppressions
from flows.words import Day, as_json, as_of, home, which_relations


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="relance", message="%(version)s")
def relance() -> None:
    """Chase what a firm's clients owe it: checked data, due follow-ups, mails that leave once.

    Example: relance demo
    """


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def init(folder: Path) -> None:
    """Make a firm's folder from the shipped starter.

    Example: relance init my-firm
    """
    from flows.verbs.homes import init_home

    init_home(folder)


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path("relance-demo"))
def demo(folder: Path) -> None:
    """Make a whole firm, run one night, and show the report and the mails.

    Example: relance demo
    """
    from flows.verbs.homes import demo_home

    demo_home(folder)


@click.command()
@click.argument("schedule", metavar="TEMPLATE/SCHEDULE")
@which_relations
@click.option("--start", type=Day(), help="From when. Default: today. At most one year back.")
@click.option("--move", is_flag=True, help="With --start: relations that are on the schedule get that start, too.")
@click.option("--remove", is_flag=True, help="Take the relations off the schedule; open tasks stay.")
@as_of
@as_json
@home
def assign(**words: Any) -> None:
    """Put filtered relations on a schedule, or take them off it.

    Without a filter: every relation that the template serves.

    Example: relance assign id-card/renewal --types person,sole_trader
    """
    from flows.verbs.data import assign_relations

    assign_relations(**words)


@click.command()
@as_of
@click.option("--schedule", metavar="TEMPLATE/SCHEDULE", help="Plan this schedule alone, now.")
@click.option("--dry-run", is_flag=True, help="Show exactly what would happen, and change nothing.")
@click.option("--no-deliver", is_flag=True, help="Leave the mails in the outbox.")
@as_json
@home
def run(**words: Any) -> None:
    """One whole run: check the data, plan, write tasks, compose and send mails, report.

    Example: relance run --dry-run
    """
    from flows.verbs.run import run_once

    run_once(**words)


@click.command()
@click.argument("task_id", type=int)
@click.argument("subtask", required=False)
@as_of
@home
def done(task_id: int, subtask: str | None, as_of: dt.date | None, home: Path) -> None:
    """Close a task as done, or one step of it: nothing more is sent for it.

    When its last step is done, a task closes by itself.

    Example: relance done 42 process
    """
    from flows.verbs.data import close, finish_step

    if subtask is None:
        close(home, task_id, "done", as_of)
    else:
        finish_step(home, task_id, subtask, as_of)


@click.command()
@click.argument("task_id", type=int)
@click.argument("subtask")
@as_of
@home
def send(task_id: int, subtask: str, as_of: dt.date | None, home: Path) -> None:
    """Send one step's mail now, whatever day it is: a mail by hand, a request, or an automatic mail ahead of its day.

    Sent once: a second time it says when it left.

    Example: relance send 42 ask
    """
    from flows.verbs.data import send_mail

    send_mail(home, task_id, subtask, as_of)


@click.command()
@click.argument("task_id", type=int)
@as_of
@home
def cancel(task_id: int, as_of: dt.date | None, home: Path) -> None:
    """Close a task as cancelled: nothing more is sent for it.

    Example: relance cancel 42
    """
    from flows.verbs.data import close

    close(home, task_id, "cancelled", as_of)


@click.group()
def template() -> None:
    """Share templates as single files, messages included.

    Example: relance template export id-card id-card.relance.yaml
    """


@template.command("export")
@click.argument("name", metavar="TEMPLATE")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@home
def template_export(name: str, file: Path | None, home: Path) -> None:
    """Write a template and its messages to one file, or to standard output.

    Example: relance template export id-card id-card.relance.yaml
    """
    from flows.verbs.share import export_template

    export_template(home, name, file)


@template.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace what the home has under the same names.")
@home
def template_import(file: Path, replace: bool, home: Path) -> None:
    """Take a shared template into the home.

    Example: relance template import id-card.relance.yaml
    """
    from flows.verbs.share import import_template

    import_template(home, file, replace)


@click.command()
@click.option(
    "--live-fence",
    is_flag=True,
    help="Prove on the real account that a scheduled mail can be taken back: one is sent to the sender, and cancelled.",
)
@as_json
@home
def doctor(live_fence: bool, as_json: bool, home: Path) -> None:
    """Check settings, database, versions and transport, and say what to mend.

    Example: relance doctor
    """
    from flows.verbs.doctor import examine

    examine(home, live_fence, as_json)


@click.command()
@click.argument("kind", required=False, type=click.Choice(["firm", "template", "mapping", "source"]))
def schema(kind: str | None) -> None:
    """Print the JSON Schema of each yaml file, or of one kind.

    Example: relance schema template
    """
    from flows.verbs.share import print_schemas

    print_schemas(kind)


@click.command()
@home
def migrate(home: Path) -> None:
    """Bring the database to this version's tables.

    Example: relance migrate
    """
    from flows.verbs.homes import migrate_database

    migrate_database(home)


for command in (
    (init, demo, migrate),
    (import_, imports, mapping, pull, quarantine),
    (assign, run, tasks, done, cancel, send, messages, explain, mission),
    (quality, report, doctor, template, schema),
    (dispatch, outbox, suppressions, events, serve),
):
    for one in command:
        relance.add_command(one)
