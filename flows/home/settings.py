"""Settings: reads the environment and the home's files into one frozen value.

The environment wins over firm.yaml. Only this module reads them for a run.
May touch: files, the environment. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from flows.home.checks import _check_groups, _check_messages, _check_parts, _check_pulls, _check_statuses
from flows.home.clock import now
from flows.home.environment import Environment, read_environment
from flows.home.errors import SettingsError
from flows.home.rule_checks import check_forms, check_rules, data_fields_of
from flows.home.web_key import given_key, key_of
from sql.store import Store
from tasks.domain.definitions.firm import Firm
from tasks.domain.definitions.form import Form
from tasks.domain.definitions.profile import Profile
from tasks.domain.definitions.rule import Rule
from tasks.domain.definitions.source import Source
from tasks.domain.definitions.template import Template
from tasks.domain.definitions.update_group import UpdateGroup
from tasks.domain.definitions.yaml_models import DefinitionError, parse_model
from tasks.domain.intake.marked_text import text_of
from tasks.mail.placeholders import LINK_FILLER, placeholder
from tasks.mail.render import LAYOUT, SHIPPED, Catalogue, Renderer

if TYPE_CHECKING:
    from tasks.domain.dates.workdays import Workdays

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class SendGridAccess:
    """SendGrid's address and API key."""

    host: str
    api_key: SecretStr


@dataclass(frozen=True)
class Settings:
    """Everything a run needs to know, except the data and the clock; `templates` holds those of groups, too."""

    home: Path
    firm: Firm
    templates: Mapping[str, Template]
    groups: Mapping[str, UpdateGroup]
    forms: Mapping[str, Form]
    rules: Mapping[str, Rule]
    mappings: Mapping[str, Profile]
    sources: Mapping[str, Source]
    catalogue: Catalogue
    database_url: SecretStr
    sendgrid: SendGridAccess | None = None
    given_web_key: SecretStr | None = None

    @property
    def outbox(self) -> Path:
        """The folder that the folder transport writes to."""
        return self.home / "outbox"

    @property
    def documents(self) -> Path:
        """The folder that holds what clients sent."""
        return self.home / "documents"

    @property
    def reports(self) -> Path:
        """The folder that reports are written to."""
        return self.home / "reports"

    @property
    def workdays(self) -> Workdays:
        """The firm's working days, for due dates."""
        from tasks.domain.dates.workdays import Workdays

        return Workdays(self.firm.holidays, weekends=True)

    @property
    def quiet(self) -> Workdays:
        """The calendar of days on which messages may be sent."""
        from tasks.domain.dates.workdays import Workdays

        quiet = self.firm.mail.quiet
        return Workdays(self.firm.holidays if "holidays" in quiet else None, weekends="weekends" in quiet)

    @property
    def renderer(self) -> Renderer:
        """The firm's messages, ready to render."""
        sender = {"name": self.firm.name, "email": self.firm.sender.email}
        link = placeholder(LINK_FILLER) if self.firm.web.url else None
        return Renderer(self.catalogue, sender, self.firm.language, link)

    def open_store(self) -> Store:
        """The firm's database."""
        return Store(self.database_url.get_secret_value())

    def web_key(self) -> bytes:
        """The secret from which page links are derived; made on its first use (D1).

        Raises:
            SettingsError: it cannot be read or written.
        """
        return key_of(self.home, self.given_web_key)

    def today(self) -> date:
        """Today in the firm's time zone (T1)."""
        return now().astimezone(self.firm.zone).date()


def load_settings(home: Path, environment: Mapping[str, str]) -> Settings:
    """Read a home.

    Args:
        home: the firm's folder.
        environment: the variables of flows/home/environment.py.

    Raises:
        SettingsError: not a home, or not a valid database URL.
        DefinitionError: a YAML file or message is not valid; the message gives file, line and key.
    """
    firm_file = home / "firm.yaml"
    if not firm_file.is_file():
        raise SettingsError(f"{home} is not a home: it has no firm.yaml. Make one with `relance init {home}`.")
    firm, variables = _read(Firm, firm_file, "firm.yaml"), read_environment(environment)
    catalogue = Catalogue().add_folder(SHIPPED, "(shipped)").add_folder(home / "messages", "messages")
    templates = {t.template: t for t in _read_folder(Template, home / "templates", "template")}
    months = firm.retention.dossier_months
    groups = {g.group: g.kept_for(months) for g in _read_folder(UpdateGroup, home / "update_groups", "group")}
    mappings = {m.mapping: m for m in _read_folder(Profile, home / "mappings", "mapping")}
    sources = {s.source: s for s in _read_folder(Source, home / "sources", "source")}
    forms = {f.form: f for f in _read_folder(Form, home / "forms", "form")}
    rules = {r.rule: r for r in _read_folder(Rule, home / "rules", "rule")}
    _check_parts(mappings)
    _check_pulls(home, sources, mappings)
    _check_messages(home, templates, catalogue)
    _check_statuses(home, templates, firm)
    _check_groups(list(groups.values()), templates, catalogue)
    whole = templates | {name: group.template for name, group in groups.items()}
    fields = data_fields_of(whole, mappings)
    check_forms(list(forms.values()), fields)
    check_rules(list(rules.values()), templates, catalogue, fields)
    settings = Settings(
        home=home,
        firm=firm,
        templates=whole,
        groups=groups,
        forms=forms,
        rules=rules,
        mappings=mappings,
        sources=sources,
        catalogue=catalogue,
        database_url=_database_url(home, variables),
        sendgrid=_sendgrid(variables) if firm.mail.transport == "sendgrid" else None,
        given_web_key=given_key(variables),
    )
    for language in catalogue.languages(LAYOUT):
        settings.renderer.layout(language)
    return settings


def _sendgrid(variables: Environment) -> SendGridAccess:
    key, file = variables.sendgrid_api_key.get_secret_value(), variables.sendgrid_api_key_file
    if not key and file:
        try:
            key = text_of(file.read_bytes())
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"SENDGRID_API_KEY_FILE: {file} cannot be read: {error}.") from None
    key = key.strip()
    if not key or not key.isascii() or any(c.isspace() for c in key):
        raise SettingsError("firm.yaml sends by sendgrid: set SENDGRID_API_KEY, or SENDGRID_API_KEY_FILE, to its key.")
    return SendGridAccess(variables.sendgrid_host, SecretStr(key))


def _database_url(home: Path, variables: Environment) -> SecretStr:
    url = variables.database_url or SecretStr(f"sqlite:///{(home / 'relance.db').resolve()}")
    try:
        backend = make_url(url.get_secret_value()).get_backend_name()
    except ArgumentError:
        raise SettingsError(
            "RELANCE_DATABASE_URL is not a valid database URL, such as postgresql://HOST/DATABASE."
        ) from None
    if backend not in ("sqlite", "postgresql"):
        raise SettingsError(f"RELANCE_DATABASE_URL names {backend}; Relance runs on sqlite and postgresql.")
    return url


def _read(model: type[Model], path: Path, shown: str) -> Model:
    try:
        return parse_model(model, path.read_text(encoding="utf-8-sig"), shown)
    except UnicodeDecodeError as error:
        raise DefinitionError(f"{shown}:1: not UTF-8: {error.reason}. Save the file as UTF-8.") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}.") from None


def _read_folder(model: type[Model], folder: Path, name_key: str) -> list[Model]:
    """Every definition in a folder; all problems of all files in one error."""
    found, problems = [], []
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        shown = f"{folder.name}/{path.name}"
        if path.suffix == ".yml":
            problems.append(f"{shown}:1: name it {path.stem}.yaml; files of another ending are not read")
            continue
        try:
            definition = _read(model, path, shown)
        except DefinitionError as error:
            problems.append(str(error))
            continue
        name = getattr(definition, name_key)
        if name != path.stem:
            problems.append(f"{shown}:1: {name_key}: says {name!r}; the file's name and its {name_key} must agree")
        found.append(definition)
    if problems:
        raise DefinitionError("\n".join(problems))
    return found
