"""`relance template` and `relance schema`: share templates as files, and print JSON Schemas.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from flows.cli.options import home
from flows.cli.output import print_json, say, words_for_errors

KINDS_OF_FILES = ("firm", "template", "mapping", "source", "update_group", "form", "rule")


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
    export_template(home, name, file)


@template.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace what the home has under the same names.")
@home
def template_import(file: Path, replace: bool, home: Path) -> None:
    """Copy a shared template into the home.

    Example: relance template import id-card.relance.yaml
    """
    import_template(home, file, replace)


@click.command()
@click.argument("kind", required=False, type=click.Choice(KINDS_OF_FILES))
def schema(kind: str | None) -> None:
    """Print the JSON Schema of every kind of YAML file, or of one kind.

    Example: relance schema template
    """
    print_schemas(kind)


def export_template(home: Path, name: str, file: Path | None) -> None:
    """Write one template to a file or to standard output."""
    from flows.home.settings import load_settings
    from flows.jobs.template_files import shared_text, write_text

    with words_for_errors():
        text = shared_text(load_settings(home, os.environ), name)
        if file is None:
            click.echo(text, nl=False)
            return
        write_text(file, text)
    say(f"{file}: template {name} with its messages.")


def import_template(home: Path, file: Path, replace: bool) -> None:
    """Copy a shared file into a home: all of it, or nothing if the home has different content under the same name."""
    from flows.home.settings import load_settings
    from flows.jobs.template_files import take_template

    with words_for_errors():
        template, written = take_template(load_settings(home, os.environ), file, replace)
    say(f"Template {template.template}: {written} files written.")


def print_schemas(kind: str | None) -> None:
    """Print one JSON Schema, or all of them by kind."""
    from tasks.domain.definitions.firm import firm_schema
    from tasks.domain.definitions.form import form_schema
    from tasks.domain.definitions.profile import Profile
    from tasks.domain.definitions.rule import rule_schema
    from tasks.domain.definitions.source import Source
    from tasks.domain.definitions.template import template_schema
    from tasks.domain.definitions.update_group import update_group_schema

    schemas = {
        "firm": firm_schema(),
        "template": template_schema(),
        "mapping": Profile.model_json_schema(),
        "source": Source.model_json_schema(),
        "update_group": update_group_schema(),
        "form": form_schema(),
        "rule": rule_schema(),
    }
    print_json(schemas[kind] if kind else schemas)
