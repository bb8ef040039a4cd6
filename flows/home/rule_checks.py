"""Checks of forms and rules against each other and against the rest of a home, with file, line and key (W1, W2).

May touch: nothing. Tests: tests/integration/cli/test_rule_files_checked.py.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches

from flows.home.checks import _refuse
from tasks.domain.definitions.form import Form, conflicting_forms
from tasks.domain.definitions.kinds import EXPIRES_ON
from tasks.domain.definitions.profile import Profile
from tasks.domain.definitions.record_fields import columns_of
from tasks.domain.definitions.rule import Rule, rules_of
from tasks.domain.definitions.template import FIELD_ANCHOR, Template
from tasks.domain.rules.contradictions import contradictions, cycles, in_words
from tasks.mail.render import LAYOUT, Catalogue

NEAR = 0.8


def check_forms(forms: Sequence[Form], fields: Collection[str]) -> None:
    """Refuse forms of one order that disagree on a field, and data fields with a typing error (W1)."""
    _refuse(
        f"forms/{other.form}.yaml:1: order: it says {other.fields[name]} of {name}, forms/{one.form}.yaml says "
        f"{one.fields[name]}, and both have the order {one.order}; give the one that counts the lower order"
        for one, other, name in conflicting_forms(forms)
    )
    _refuse(_mistyped_fields({f"forms/{form.form}.yaml": form.data_fields for form in forms}, fields))


def check_rules(
    rules: Sequence[Rule], templates: Mapping[str, Template], catalogue: Catalogue, fields: Collection[str]
) -> None:
    """Refuse rules that name what does not exist, contradict each other, or set each other off for ever (W2)."""
    _refuse(_missing_parts(rules, templates, catalogue))
    _refuse(_mistyped_fields({f"rules/{rule.rule}.yaml": rule.data_fields for rule in rules}, fields))
    _refuse(
        f"rules/{other.rule}.yaml:1: do: it sets {name} to {other.sets[name]!r}, rules/{one.rule}.yaml sets it to "
        f"{one.sets[name]!r}, and one record may meet both conditions; write conditions that exclude each other"
        for one, other, name in contradictions(rules)
    )
    _refuse(
        f"rules/{path[0]}.yaml:1: do: these rules set each other off at every save: {in_words(path)}; "
        "let one of them ask for something that the others do not set"
        for kind in ("activities", "relations", "missions")
        for path in cycles(rules_of(rules, kind))
    )


def _missing_parts(rules: Sequence[Rule], templates: Mapping[str, Template], catalogue: Catalogue) -> Iterator[str]:
    for rule in rules:
        for mail in rule.mails:
            if mail.message == LAYOUT or not catalogue.languages(mail.message):
                yield f"rules/{rule.rule}.yaml:1: do: message {mail.message!r} does not exist in any language"
        for task in rule.tasks:
            if task.template not in templates:
                known = ", ".join(sorted(templates)) or "none"
                yield f"rules/{rule.rule}.yaml:1: do: there is no template {task.template!r}; there are {known}"


def _mistyped_fields(named: Mapping[str, Sequence[str]], known: Collection[str]) -> Iterator[str]:
    """A data field has a free name, so a typing error shows only where the name is nearly another one."""
    columns = columns_of("relations")
    for file, names in named.items():
        for name in dict.fromkeys(name.removesuffix(EXPIRES_ON) for name in names):
            near = [] if name in known else get_close_matches(name, [*columns, *sorted(known)], n=1, cutoff=NEAR)
            if near:
                yield f"{file}:1: no file of this home names a data field {name!r}; is {near[0]!r} meant?"


def data_fields_of(templates: Mapping[str, Template], mappings: Mapping[str, Profile]) -> frozenset[str]:
    """The data fields that a home's templates (those of update groups with them) and mappings name."""
    found: set[str] = set()
    for template in templates.values():
        found |= {s.anchor.removeprefix(FIELD_ANCHOR) for s in template.schedules if s.anchor.startswith(FIELD_ANCHOR)}
        found |= {item.field for step in template.subtasks for item in step.items if item.field}
    for mapping in mappings.values():
        found |= {name.removesuffix(EXPIRES_ON) for name in mapping.columns if mapping.kind == "relations"}
    return frozenset(found)
