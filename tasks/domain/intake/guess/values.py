"""Proposes columns whose values stand for canonical ones: types, states, opt-outs, languages, kinds, frequencies.

It quotes values only of columns that have few and short ones, which are not personal then (Q5).
May touch: pandas. Tests: tests/integration/intake/test_guess.py.
"""

import json

from tasks.domain.definitions.kinds import KINDS
from tasks.domain.intake.guess.candidates import Match, find_matches, spelling_table
from tasks.domain.intake.guess.columns import Column
from tasks.domain.intake.guess.known_titles import meaning_of, plain
from tasks.domain.intake.guess.names import FIRMS, PERSONS
from tasks.domain.intake.guess.proposal import Proposal, quoted
from tasks.domain.intake.language_names import language_of

MOST_VALUES, LONGEST_VALUE = 30, 40
MOSTLY = 0.5
ALL = 1.0
# The values of required columns for which the file has no column.
CONSTANTS = {
    ("relations", "type"): "other",
    ("relations", "status"): "client",
    ("missions", "status"): "draft",  # creates no tasks until a person changes it (P4)
    ("activities", "kind"): "other",
}
OF_ROWS = {PERSONS: "person", FIRMS: "company"}
YES_OR_NO = frozenset({"true", "false", "vrai", "faux", "0", "1", "oui", "non", "yes", "no"})
TURNED = {"yes": "no", "no": "yes"}


def propose_values(proposal: Proposal, name: str) -> None:
    """Propose a column by its title, if its values are known; of several the one with most known values."""
    table = spelling_table(proposal.known, _group(proposal.kind, name))
    found = find_matches(proposal.known, proposal.kind, name, proposal.free)
    if not found:
        return
    shares = {match.column.title: _share(match.column, name, table) for match in found}
    fitting = [m for m in found if m.column.is_empty or shares[m.column.title] >= _least(m, found)]
    fitting.sort(key=lambda match: (match.column.is_empty, shares[match.column.title] < MOSTLY, match.distance))
    if not fitting:
        proposal.unlike[name] = found[0].column
        return
    column = fitting[0].column
    if column.is_empty and name in KINDS[proposal.kind].required:
        return
    meanings = {meaning_of(table, value) for value in column.values}
    if name == "status" and meanings == {"former"}:
        proposal.doubt(f"status: {column.title!r} would make every row former, and is not taken.")
        return
    proposal.take(name, [column], _table_rule(proposal, name, column, table))
    if column.is_constant:
        proposal.doubt(f"{name}: {column.title!r} is {column.values[0]!r} in every row; is it the right column?")
    if not fitting[0].is_sure or shares[column.title] < MOSTLY:
        proposal.doubt(f"{name}: {column.title!r} is taken; is it the right column?")
    rivals = [m.column.title for m in fitting[1:] if shares[m.column.title] >= shares[column.title]]
    if rivals and fitting[1].distance - fitting[0].distance < 1:
        proposal.doubt(f"{name}: {column.title!r} is taken; {rivals[0]!r} may be it as well.")


def propose_opt_out(proposal: Proposal) -> None:
    """Propose `do_not_mail`, from a column that says who wants no mail, or turned round from one that says who does."""
    table = spelling_table(proposal.known, "do_not_mail")
    found = find_matches(proposal.known, "relations", "do_not_mail", proposal.free)
    fitting = [m for m in found if m.column.is_empty or m.column.share_spelled(table) == ALL]
    if not fitting:
        for match in found[:1]:
            proposal.unlike["do_not_mail"] = match.column
        return
    column, is_consent = fitting[0].column, "opt_in" in fitting[0].ideas
    becomes = {value: str(meaning_of(table, value)) for value in column.values}
    if is_consent:
        answers = spelling_table(proposal.known, "yes_or_no")
        # "unsubscribed" says by itself what it means; only a plain yes or no is turned round.
        becomes = {v: TURNED[meaning] if meaning_of(answers, v) else meaning for v, meaning in becomes.items()}
        becomes[""] = "yes" if set(becomes.values()) == {"no"} else "no"
        proposal.doubt(
            f"do_not_mail: {column.title!r} says who agrees to mail, so a no there becomes a yes here; an empty cell "
            f"becomes {becomes['']!r}."
        )
    is_plain = {value.lower() for value in column.values} <= YES_OR_NO and not is_consent
    proposal.take("do_not_mail", [column], None if is_plain else _with_values(column, becomes))
    if len(fitting) > 1:
        other = fitting[1].column.title
        proposal.doubt(f"do_not_mail: {column.title!r} is taken; {other!r} may stop mails as well.")


def fill_in(proposal: Proposal, name: str) -> None:
    """Give a required column that was not found a constant, or a question mark; say so."""
    if name in proposal.rules:
        return
    stands = CONSTANTS.get((proposal.kind, name))
    if name == "type":
        stands = OF_ROWS.get(proposal.are, stands)
    if name == "status" and proposal.is_leads:
        stands = "prospect"
    proposal.rules[name] = f"{{constant: {stands}}}" if stands else '"?"'
    what = f"every row gets {stands!r}" if stands else "write its title in the place of '?'"
    seen = "no column of the file seems to say it;"
    if column := proposal.unlike.get(name):
        seen = f"{column.title!r} has none of the values that are known here{_few(column)}, and is not taken;"
    proposal.doubt(f"{name}: {seen} {what}.")


def _group(kind: str, name: str) -> str:
    return "mission_status" if (kind, name) == ("missions", "status") else name


def _share(column: Column, name: str, table: dict[str, str]) -> float:
    if name == "language":
        return max(column.share_spelled(table), column.share_languages)
    return column.share_spelled(table)


def _least(match: Match, found: list[Match]) -> float:
    """The share of known values that a column needs: any for the only one of that title, most for a vague title."""
    return 1e-9 if match is found[0] and match.distance < 1 else MOSTLY


def _few(column: Column) -> str:
    """The values of a column that has only a few short ones, in brackets."""
    is_few = len(column.values) <= MOST_VALUES and all(len(value) <= LONGEST_VALUE for value in column.values)
    return f" ({', '.join(map(repr, column.values))})" if is_few else ""


def _table_rule(proposal: Proposal, name: str, column: Column, known: dict[str, str]) -> str | None:
    """A rule with the canonical value of each known value; unknown ones are reported, and stay unchanged."""
    found = column.values if column.filled.nunique() <= MOST_VALUES else list(column.filled.unique())
    if len(found) > MOST_VALUES or any(len(value) > LONGEST_VALUE for value in found):
        proposal.doubt(f"{column.title!r} as {name}: {len(found):,} different values; is it the right column?")
        return None
    table = {value: becomes for value in found if (becomes := _becomes(name, value, known))}
    unknown = [value for value in found if value not in table]
    if unknown:
        proposal.doubt(f"{column.title!r} as {name}: what is {', '.join(map(repr, unknown))}? Add it to `values`.")
    if column.share_filled < ALL and name in ("type", "status"):
        # A box that is not ticked means no: this one is not a company.
        table[""] = "person" if name == "type" and {plain(v) for v in found} <= YES_OR_NO else "other"
        empty = int(column.cells.isna().sum())
        proposal.doubt(f"{column.title!r} as {name}: {empty:,} cells are empty; they become {table['']!r}.")
    return None if all(value == becomes for value, becomes in table.items()) else _with_values(column, table)


def _becomes(name: str, value: str, known: dict[str, str]) -> str | None:
    found = meaning_of(known, value)
    return language_of(value) if found is None and name == "language" else found


def _with_values(column: Column, table: dict[str, str]) -> str:
    pairs = ", ".join(
        f"{json.dumps(value, ensure_ascii=False)}: {json.dumps(becomes) if becomes in TURNED else becomes}"
        for value, becomes in table.items()
    )
    return f"{{from: {quoted(column.title)}, values: {{{pairs}}}}}"
