"""`relance mapping`: profiles listed, and proposed for a file.

May touch: flows/guessing.py. Tests: tests/integration/test_guess.py.
"""

from pathlib import Path

import click

from flows.guessing import run_guess, write_profile
from flows.verbs.session import opened, print_json, print_table, say, words_for_errors


def list_mappings(home: Path, as_json: bool) -> None:
    """Print what there is."""
    with words_for_errors(), opened(home) as (settings, _):
        rows = [
            {"mapping": name, "kind": profile.kind or "several files", "label": profile.label or ""}
            for name, profile in sorted(settings.mappings.items())
        ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, {"mapping": "Mapping", "kind": "Reads", "label": "Of"})


def guess(home: Path, file: Path, kind: str | None, name: str | None, write: bool) -> None:
    """Print a proposed profile, or put it into the home."""
    with words_for_errors():
        named, text = run_guess(file, kind, name)
        if not write:
            click.echo(text, nl=False)
            return
        with opened(home) as (settings, _):
            path = write_profile(settings, named, text)
    say(f"{path}: look at every line, then try it:")
    for line in text.splitlines():
        if line.startswith(("# LOOK: ", "#   relance import ")):
            say(line.removeprefix("# "))
