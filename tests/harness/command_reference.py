"""The reference of every command, from `--help` into flows/README.md: `python -m tests.harness.command_reference --write`.

tests/unit/test_pages.py fails where the page and `--help` differ.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from flows.cli import relance

PAGE = Path(__file__).resolve().parents[2] / "flows" / "README.md"
BEGIN = "<!-- The reference: written by `make docs`, do not edit -->"
END = "<!-- The reference ends -->"
WIDTH = 100


def commands(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[click.Context]:
    """A command and all its sub-commands, each as the context in which its help is printed."""
    context = click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        **command.context_settings,
    )
    yield context
    if isinstance(command, click.Group):
        for sub_name in command.list_commands(context):
            found = command.get_command(context, sub_name)
            assert found is not None
            if not found.hidden:
                yield from commands(found, sub_name, context)


def reference() -> str:
    """Each command's help under a heading of its own, in the order of the alphabet."""
    return "\n".join(
        f"### {context.command_path}\n\n```text\n{context.get_help().rstrip()}\n```\n"
        for context in commands(relance, "relance")
    )


def with_reference(page: str) -> str:
    """The page with what lies between its two marks written anew."""
    head, found_begin, rest = page.partition(BEGIN)
    _, found_end, tail = rest.partition(END)
    assert found_begin, f"{PAGE} lacks the line {BEGIN}"
    assert found_end, f"{PAGE} lacks the line {END}"
    return f"{head}{BEGIN}\n\n{reference()}\n{END}{tail}"


def main() -> int:
    """Write the page; without `--write` only say whether it is as `--help` says."""
    before = PAGE.read_text(encoding="utf-8")
    after = with_reference(before)
    if "--write" in sys.argv[1:]:
        PAGE.write_text(after, encoding="utf-8")
    elif after != before:
        sys.stderr.write(f"{PAGE} differs from --help: run `make docs`.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
