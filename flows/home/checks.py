"""Checks across a home's definitions; each problem is reported with file, line and key.

May touch: the home's files. Tests: tests/integration/cli/test_cli.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tasks.domain.definitions.firm import BUILT_IN_STATUSES, Firm
from tasks.domain.definitions.profile import Profile
from tasks.domain.definitions.source import Source
from tasks.domain.definitions.template import AUTOMATORS, Template
from tasks.domain.definitions.update_group import UpdateGroup, fields_in_two
from tasks.domain.definitions.yaml_models import DefinitionError, line_of
from tasks.mail.render import LAYOUT, Catalogue


def _check_messages(home: Path, templates: Mapping[str, Template], catalogue: Catalogue) -> None:
    """Refuse a template that sends a message which does not exist in any language."""
    known = ", ".join(sorted(m for m in catalogue.sources if m != LAYOUT))
    _refuse(
        f"{_place(home, name, path)}: there is no message {message!r} "
        f"with all of subject.txt, body.txt and body.html; there are {known}"
        for name, template in templates.items()
        for path, message in template.messages
        if message == LAYOUT or not catalogue.languages(message)
    )


def _check_statuses(home: Path, templates: Mapping[str, Template], firm: Firm) -> None:
    """Refuse a request that moves its task to an undefined status (A1)."""
    known = (*BUILT_IN_STATUSES, *firm.statuses)
    _refuse(
        f"{_place(home, name, ('subtasks', position, key))}: there is no status {getattr(step, key)!r}; "
        f"there are {', '.join(known)}"
        for name, template in templates.items()
        for position, step in enumerate(template.subtasks)
        for key in AUTOMATORS
        if getattr(step, key) not in (None, *known)
    )
    _refuse(
        f"firm.yaml:1: automators.{key}: there is no status {value!r}; there are {', '.join(known)}"
        for key, value in firm.automators
        if value not in (None, *known)
    )


def _check_parts(mappings: Mapping[str, Profile]) -> None:
    """Refuse a multi-file profile that names a profile which does not exist."""
    single = sorted(name for name, mapping in mappings.items() if not mapping.files)
    _refuse(
        f"mappings/{name}.yaml:1: files: there is no mapping {part.mapping!r} for one file; "
        f"there are {', '.join(single)}"
        for name, mapping in mappings.items()
        for part in mapping.files
        if part.mapping not in single
    )


def _check_pulls(home: Path, sources: Mapping[str, Source], mappings: Mapping[str, Profile]) -> None:
    """Refuse a source whose query or profile does not exist."""
    for name, source in sources.items():
        at = f"sources/{name}.yaml:1: pulls:"
        _refuse(
            f"{at} there is no file sources/{pull.query}"
            for pull in source.pulls
            if not (home / "sources" / pull.query).is_file()
        )
        _refuse(
            f"{at} there is no mapping {pull.mapping!r} for {pull.kind}"
            for pull in source.pulls
            if pull.mapping and (pull.mapping not in mappings or mappings[pull.mapping].kind != pull.kind)
        )


def _check_groups(groups: Sequence[UpdateGroup], templates: Mapping[str, Template], catalogue: Catalogue) -> None:
    """Refuse a field in two groups (U1), a group named like a template, and one whose messages do not exist."""
    _refuse(
        f"update_groups/{found[0]}.yaml:1: fields: {name} is in the groups {' and '.join(found)}; leave it in one"
        for name, found in sorted(fields_in_two(groups).items())
    )
    _refuse(
        f"update_groups/{group.group}.yaml:1: group: there is a template {group.group!r}; give one another name"
        for group in groups
        if group.group in templates
    )
    _refuse(
        f"update_groups/{group.group}.yaml:1: message {message!r} does not exist in any language"
        for group in groups
        for _, message in group.template.messages
        if message == LAYOUT or not catalogue.languages(message)
    )


def _place(home: Path, template: str, path: tuple[str | int, ...]) -> str:
    """File, line and key of a value in a template."""
    text = (home / "templates" / f"{template}.yaml").read_text(encoding="utf-8-sig")
    return f"templates/{template}.yaml:{line_of(text, path)}: {'.'.join(map(str, path))}"


def _refuse(problems: Iterable[str]) -> None:
    said = "\n".join(problems)
    if said:
        raise DefinitionError(said)
