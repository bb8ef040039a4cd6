"""The words of the verbs by which data comes in: import, imports, pull, quarantine, mapping.

May touch: click. Tests: tests/integration/test_cli.py, tests/integration/test_ledger.py.
"""

import datetime as dt
from pathlib import Path

import click

from flows.words import as_json, as_of, home

KINDS = ("relations", "users", "missions", "mission_services", "activities")
_preview = click.option("--preview", is_flag=True, help="Show the first rows as they would go in, and every problem.")
_rows = click.option("--rows", type=click.IntRange(0, 1000), default=3, show_default=True, help="How many to show.")
_accept = click.option("--accept-drop", is_flag=True, help="Pass the gate once although rows are gone; it is recorded.")


@click.command("import")
@click.argument("kind", required=False, type=click.Choice([*KINDS, "all"]))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--mapping", help="A profile of mappings/ that says what the file's columns mean.")
@_preview
@_rows
@click.option("--full", is_flag=True, help="The file holds every relation of its source: those gone become former.")
@_accept
@click.option("--undo", type=int, metavar="RUN", help="Take an import back; `relance imports` has its number.")
@as_of
@as_json
@home
def import_(
    kind: str | None,
    file: Path | None,
    mapping: str | None,
    preview: bool,
    rows: int,
    full: bool,
    accept_drop: bool,
    undo: int | None,
    as_of: dt.date | None,
    as_json: bool,
    home: Path,
) -> None:
    """Read a file (CSV, .csv.gz, .xlsx) into the database. Bad rows are set aside with a reason; the rest goes in.

    KIND `all` reads, from a folder, every file that a profile for several files names.

    Example: relance import relations clients.csv
    """
    from flows.intake import Terms
    from flows.verbs.imports import import_files, undo_import_run

    if undo is not None:
        if kind or file:
            raise click.UsageError("--undo takes a run's number, and no KIND or FILE beside it.")
        undo_import_run(home, undo, as_json)
        return
    if kind is None or file is None:
        raise click.UsageError("Write what the rows are, and their file: relance import relations clients.csv")
    if kind == "all" and mapping is None:
        raise click.UsageError("`all` needs --mapping: a profile that names the files to read.")
    terms = Terms(is_full=full, accepts_drop=accept_drop, is_preview=preview)
    import_files(home, kind, file, mapping, as_of, terms, rows, as_json)


@click.command()
@click.argument("run", required=False, type=int)
@click.option("--last", type=click.IntRange(1), default=20, show_default=True, help="How many to list.")
@as_json
@home
def imports(run: int | None, last: int, as_json: bool, home: Path) -> None:
    """The ledger of imports: the last ones, or one shown again as it was told then.

    Example: relance imports 12
    """
    from flows.verbs.imports import show_imports

    show_imports(home, run, last, as_json)


@click.command()
@click.argument("source", required=False)
@_preview
@_rows
@_accept
@as_of
@as_json
@home
def pull(
    source: str | None,
    preview: bool,
    rows: int,
    accept_drop: bool,
    as_of: dt.date | None,
    as_json: bool,
    home: Path,
) -> None:
    """Pull relations and missions from the firm's own databases: sources/ in the home says what and from where.

    Example: relance pull crm --preview
    """
    from flows.intake import Terms
    from flows.verbs.imports import pull_now

    pull_now(home, source, as_of, Terms(accepts_drop=accept_drop, is_preview=preview), rows, as_json)


@click.group()
def quarantine() -> None:
    """Rows that were not let in, each with its reason.

    Example: relance quarantine export to-mend
    """


@quarantine.command("list")
@click.option("--kind", type=click.Choice(KINDS), help="Of this kind alone.")
@as_json
@home
def quarantine_list(kind: str | None, as_json: bool, home: Path) -> None:
    """Every row that stays out.

    Example: relance quarantine list --kind relations
    """
    from flows.verbs.quarantine import list_quarantine

    list_quarantine(home, kind, as_json)


@quarantine.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@as_json
@home
def quarantine_export(folder: Path, as_json: bool, home: Path) -> None:
    """Write the rows as CSV in their source's own columns, with a reason column: mend them there and import again.

    Example: relance quarantine export to-mend
    """
    from flows.verbs.quarantine import export_quarantine

    export_quarantine(home, folder, as_json)


@click.group()
def mapping() -> None:
    """Profiles that say what the columns of another product's export mean.

    Example: relance mapping guess tiers.csv
    """


@mapping.command("list")
@as_json
@home
def mapping_list(as_json: bool, home: Path) -> None:
    """The home's profiles, and what each reads.

    Example: relance mapping list
    """
    from flows.verbs.mapping import list_mappings

    list_mappings(home, as_json)


@mapping.command("guess")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(KINDS), help="What the rows are. Default: what the titles say.")
@click.option("--name", help="The profile's name. Default: after the file.")
@click.option("--write", is_flag=True, help="Put it into mappings/ of the home; without this it is printed.")
@home
def mapping_guess(file: Path, kind: str | None, name: str | None, write: bool, home: Path) -> None:
    """Propose a profile for a file: encoding, separator, header, dates, and which column is which. For you to correct.

    Example: relance mapping guess tiers.csv --write
    """
    from flows.verbs.mapping import guess

    guess(home, file, kind, name, write)
