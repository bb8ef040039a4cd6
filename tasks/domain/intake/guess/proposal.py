"""A proposed mapping profile: what is proposed for each column, what a person should check, and the profile's text.

May touch: nothing. Tests: tests/integration/intake/test_guess.py.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from tasks.domain.definitions.kinds import KINDS
from tasks.domain.definitions.profile import composed
from tasks.domain.intake.guess.columns import Column
from tasks.domain.intake.guess.known_titles import KnownTitles

SAMPLES = 3
LONGEST_SAMPLE = 12  # characters


@dataclass
class Proposal:
    """A profile under construction: one line per column, and what a person should check.

    Attributes:
        kind: of the file's rows.
        known: what is known of titles and values.
        columns: of the file.
        is_leads: whether the rows are persons or firms who are no clients yet.
        rules: by canonical column, the text of its rule.
        sources: by canonical column, the titles that it is taken from.
        taken: titles that a rule takes.
        doubts: one sentence each.
        unlike: by canonical column, the title that is its by name; it is taken only if its values are, too.
        are: what the rows are: persons, firms or both; "" if nothing shows it.
    """

    kind: str
    known: KnownTitles
    columns: list[Column]
    is_leads: bool = False
    rules: dict[str, str] = field(default_factory=dict)
    sources: dict[str, list[str]] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    doubts: list[str] = field(default_factory=list)
    unlike: dict[str, Column] = field(default_factory=dict)
    are: str = ""

    @property
    def free(self) -> list[Column]:
        """The columns that no rule takes."""
        return [column for column in self.columns if column.title not in self.taken]

    def take(self, name: str, columns: Iterable[Column], rule: str | None = None) -> None:
        """Take columns for a canonical column.

        Args:
            name: the canonical column.
            columns: of the file; one if there is no rule.
            rule: the text of the rule; by default the column's title.
        """
        titles = [column.title for column in columns]
        self.sources[name] = titles
        self.taken |= set(titles)
        self.rules[name] = rule or quoted(titles[0])

    def doubt(self, text: str) -> None:
        """Add what a person should check, once."""
        if text not in self.doubts:
            self.doubts.append(text)


def profile_text(
    proposal: Proposal, name: str, file: str, *, encoding: str | None, separator: str | None, header: int, quote: str
) -> str:
    """The text of mappings/NAME.yaml.

    Args:
        proposal: what it says.
        name: of the profile.
        file: the file's, for the example.
        encoding: as detected; None for a workbook.
        separator: as detected; None for a workbook.
        header: the record that holds the titles.
        quote: the character around cells.
    """
    kind = proposal.kind
    lines = [
        f"# Proposed for {file}: look at every line, then",
        f"#   relance import {kind} {file} --mapping {name} --preview",
        *(f"# LOOK: {doubt}" for doubt in proposal.doubts),
        f"mapping: {name}",
        f"kind: {kind}",
        *([f"encoding: {encoding}"] if encoding else []),
        *([f"separator: {json.dumps(separator)}"] if separator else []),
        *([f"quote: {json.dumps(quote)}"] if quote != '"' else []),
        *([f"header: {header}"] if header > 1 else []),
        "",
        "columns:",
        *(f"  {column}: {rule}" for column, rule in proposal.rules.items()),
        *_left(proposal),
    ]
    return "\n".join(lines) + "\n"


def _left(proposal: Proposal) -> list[str]:
    if not proposal.free:
        return []
    said = ["", "# Not taken, each with a few of its values (letters and figures masked):"]
    said += [f"#   {column.title}{_shown(column)}" for column in proposal.free]
    if KINDS[proposal.kind].has_fields:
        said.append("# To keep one as a data field, give it a name of lower-case letters: vat_number: Numéro de TVA")
        said.append("# To keep them all under tidy names, write above `columns`: keep: all")
    return said


def _shown(column: Column) -> str:
    return " (empty)" if column.is_empty else ": " + ", ".join(samples_of(column))


def samples_of(column: Column) -> tuple[str, ...]:
    """Up to three values whose letters are x and figures 9, so that no personal data is shown (Q5)."""
    shown = [_mask(value) for value in column.filled.head(100).drop_duplicates().head(SAMPLES)]
    return tuple(dict.fromkeys(shown))


def _mask(value: str) -> str:
    bare = "".join(
        "9" if c.isdigit() else "x" if c.isalpha() else c if c.isprintable() else " " for c in composed(value)
    )
    return bare[:LONGEST_SAMPLE] + ("…" if len(bare) > LONGEST_SAMPLE else "")


def quoted(title: str) -> str:
    """A title quoted for YAML."""
    return json.dumps(title, ensure_ascii=False)


def joined(columns: Iterable[Column], **options: str) -> str:
    """The text of a rule that takes several columns."""
    titles = ", ".join(quoted(column.title) for column in columns)
    return "{" + ", ".join([f"from: [{titles}]", *(f"{key}: {value}" for key, value in options.items())]) + "}"
