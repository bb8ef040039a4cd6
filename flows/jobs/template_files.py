"""Share a template as one file, including its messages.

May touch: the home's files, PyYAML. Tests: tests/integration/cli/test_templates.py.
"""

import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field

from flows.home.errors import SettingsError
from flows.home.settings import Settings
from tasks.domain.definitions.base import Definition, Key
from tasks.domain.definitions.template import Template
from tasks.domain.definitions.yaml_models import parse_model
from tasks.mail.render import HTML, SUBJECT, TEXT, Catalogue


class SharedTemplate(Definition):
    """A file with one template: its YAML, and each message it sends, by language and part."""

    relance_template: int = Field(ge=1, le=1)
    template: str
    messages: dict[Key, dict[str, dict[str, str]]] = {}


class _Text(str):
    """Text that YAML writes as a literal block, readable and unchanged."""

    __slots__ = ()


def _write_block(dumper: yaml.SafeDumper, text: _Text) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|")


yaml.SafeDumper.add_representer(_Text, _write_block)


def shared_text(settings: Settings, name: str) -> str:
    """The text of the file that shares a template.

    Raises:
        SettingsError: there is no such template.
    """
    if name not in settings.templates:
        raise SettingsError(f"There is no template {name!r}; there are {', '.join(settings.templates) or 'none'}.")
    if name in settings.groups:
        raise SettingsError(f"{name} is an update group: share update_groups/{name}.yaml itself.")
    wanted = {message for _, message in settings.templates[name].messages}
    messages = {
        message: {
            language: {part: _Text(text) for part, text in sorted(parts.items())}
            for language, parts in sorted(settings.catalogue.sources[message].items())
        }
        for message in sorted(wanted)
    }
    source = (settings.home / "templates" / f"{name}.yaml").read_text(encoding="utf-8-sig")
    shared: dict[str, Any] = {"relance_template": 1, "template": _Text(source), "messages": messages}
    return yaml.dump(shared, Dumper=yaml.SafeDumper, allow_unicode=True, sort_keys=False, width=10_000)


def take_template(settings: Settings, file: Path, replace: bool) -> tuple[Template, int]:
    """Copy a shared file into a home: all of it, or nothing if the home has different content under the same name.

    Returns:
        The template, and the number of files written.

    Raises:
        SettingsError: the file cannot be read, or the home has different content under one of its names.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read: {error}.") from None
    home = settings.home
    template, files = _unpack(home, text, file.name, settings.catalogue)
    clashing = [p for p, content in files.items() if p.is_file() and p.read_text(encoding="utf-8-sig") != content]
    if clashing and not replace:
        named = ", ".join(str(p.relative_to(home)) for p in clashing)
        raise SettingsError(f"{file.name}: the home has other content in {named}. Use --replace to replace it.")
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, content)
    return template, len(files)


def _unpack(home: Path, text: str, name: str, catalogue: Catalogue) -> tuple[Template, dict[Path, str]]:
    """The template, and the files of the home that differ from the shipped ones."""
    shared = parse_model(SharedTemplate, text, name)
    template = parse_model(Template, shared.template, f"{name}#template")
    files = {home / "templates" / f"{template.template}.yaml": shared.template}
    for message, languages in shared.messages.items():
        for language, parts in languages.items():
            for part, content in parts.items():
                if part not in (SUBJECT, TEXT, HTML) or not re.fullmatch("[a-z]{2}", language):
                    raise SettingsError(f"{name}: messages.{message}.{language}.{part}: not a message part.")
                if catalogue.sources.get(message, {}).get(language, {}).get(part) != content:
                    files[home / "messages" / message / language / part] = content
    missing = sorted({m for _, m in template.messages} - set(catalogue.sources) - set(shared.messages))
    if missing:
        raise SettingsError(f"{name}: it sends {', '.join(missing)}, which neither it nor the home has.")
    return template, files


def write_text(path: Path, text: str) -> None:
    """Write a file.

    Raises:
        SettingsError: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written: {error.strerror}.") from None
