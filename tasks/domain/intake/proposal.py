"""A proposed mapping profile: what is proposed for each column, what a person should check, and the profile's text.

May touch: nothing. Tests: tests/integration/intake/test_guess.py.
"""

import json
from dataclasses import dataclass, field

from tasks.domain.definitions.kinds import KINDS
from tasks.domain.intake.known_titles import KnownTitles


@dataclass
class Proposal:
    """A profile under construction: one line per column, and what a person should check.

    Attributes:
        kind: of the file's rows.
        known: what is known of titles and values.
        left: titles that are not taken.
        unlike: by column, the title that is its by name; it is taken only if its values are, too.
    """

    kind: str
    known: KnownTitles
    columns: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    doubts: list[str] = field(default_factory=list)
    unlike: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


def profile_text(
    proposal: Proposal, name: str, file: str, *, encoding: str | None, separator: str | None, header: int
) -> str:
    """The text of mappings/NAME.yaml; the arguments are those of `guess_profile`."""
    kind = proposal.kind
    lines = [
        f"# Proposed for {file}: look at every line, then",
        f"#   relance import {kind} {file} --mapping {name} --preview",
        *(f"# LOOK: {doubt}" for doubt in proposal.doubts),
        f"mapping: {name}",
        f"kind: {kind}",
        *([f"encoding: {encoding}"] if encoding else []),
        *([f"separator: {json.dumps(separator)}"] if separator else []),
        *([f"header: {header}"] if header > 1 else []),
        "",
        "columns:",
        *(f"  {column}: {rule}" for column, rule in proposal.columns.items()),
        *_left(proposal.left, kind),
    ]
    return "\n".join(lines) + "\n"


def _left(titles: list[str], kind: str) -> list[str]:
    if not titles:
        return []
    said = ["", "# Not taken: " + ", ".join(titles) + "."]
    if KINDS[kind].has_fields:
        said.append("# To keep one as a data field, give it a name of lower-case letters: vat_number: Numéro de TVA")
    return said


def quoted(title: str) -> str:
    """A title quoted for YAML."""
    return json.dumps(title, ensure_ascii=False)
