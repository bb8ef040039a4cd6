"""`relance mapping`: list profiles, and propose one for a file.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

from pathlib import Path

import click

from flows.cli.options import as_json, home
from flows.cli.output import print_json, print_table, say, words_for_errors
from tasks.domain.definitions.kinds import KIND_NAMES


@click.group()
def mapping() -> None:
    """Profiles that say what the columns of another product's export mean.

    Example: relance mapping guess tiers.csv
    """


@mapping.command("list")
@as_json
@home
def mapping_list(as_json: bool, home: Path) -> None:
    """List the home's profiles, and what each one reads.

    Example: relance mapping list
    """
    list_mappings(home, as_json)


@mapping.command("guess")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(KIND_NAMES), help="What the rows are. Default: what the titles say.")
@click.option("--name", help="The profile's name. Default: after the file.")
@click.option("--write", is_flag=True, help="Put it into mappings/ of the home; without this it is printed.")
@as_json
@home
def mapping_guess(file: Path, kind: str | None, name: str | None, write: bool, as_json: bool, home: Path) -> None:
    """Propose a profile for a file: encoding, separator, header, dates, and what each column means. Check it yourself.

    Example: relance mapping guess tiers.csv --write
    """
    guess(home, file, kind, name, write=write, as_json=as_json)


def list_mappings(home: Path, as_json: bool) -> None:
    """Print the home's profiles."""
    from flows.home.session import opened

    with words_for_errors(), opened(home) as (settings, _):
        rows = [
            {"mapping": name, "kind": profile.kind or "several files", "label": profile.label or ""}
            for name, profile in sorted(settings.mappings.items())
        ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, {"mapping": "Mapping", "kind": "Reads", "label": "Of"})


def guess(home: Path, file: Path, kind: str | None, name: str | None, *, write: bool, as_json: bool) -> None:
    """Print a proposed profile, or write it into the home."""
    from flows.home.session import opened
    from flows.jobs.guess_mapping import guess_file, write_profile

    path = None
    with words_for_errors():
        guessed = guess_file(file, kind, name, home=home)
        if write:
            with opened(home) as (settings, _):
                path = write_profile(settings, guessed.name, guessed.text)
    if as_json:
        print_json(guessed.to_json() | {"written": path and str(path)})
    elif path is None:
        click.echo(guessed.text, nl=False)
    else:
        say(f"{path}: look at every line, then try it:")
        for line in guessed.text.splitlines():
            if line.startswith(("# LOOK: ", "#   relance import ")):
                say(line.removeprefix("# "))
