"""Render: turns a message's templates and merge fields into its subject, text and HTML (M8, M9).

Templates are sandboxed and compiled once; an unknown or empty merge field stops only that message.
May touch: jinja2, babel, css_inline, the shipped templates. Tests: tests/unit/mail/test_render.py.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

import css_inline
import jinja2
from babel.dates import format_date
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from tasks.domain.definitions.languages import choose_language
from tasks.domain.definitions.yaml_models import DefinitionError
from tasks.mail.transport.base import OWN_HTML, OWN_TEXT, Layout

SHIPPED = Path(__file__).parent / "templates"
LAYOUT = "layout"
SUBJECT, TEXT, HTML = "subject.txt", "body.txt", "body.html"
LONGEST_SUBJECT = 200
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # all of Unicode's category Cc
DAYS_REMEMBERED = 4096
TEMPLATES_REMEMBERED = 1024


class MergeFieldMissing(Exception):
    """The template prints a field that is unknown or empty."""


class UnsafeMail(Exception):
    """A message that must not be sent: a line break in its subject, a forbidden access, an expression that failed."""


class _Missing(jinja2.StrictUndefined):
    """May be tested for presence (`{% if owner.first_name %}`), but not printed."""

    def __bool__(self) -> bool:  # type: ignore[override]
        return False


class _Fields(dict[str, object]):
    """The merge fields of one object; an empty field counts as absent."""

    def __init__(self, values: Mapping[str, object]) -> None:
        super().__init__({k: v for k, v in values.items() if v is not None and v != ""})


@dataclass(frozen=True)
class Rendered:
    """A message's own part, before the layout is added."""

    language: str
    subject: str
    body_text: str
    body_html: str


@dataclass
class Catalogue:
    """Message sources by name, language and part; the home's override the shipped ones."""

    sources: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    files: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def add_folder(self, folder: Path, shown_as: str) -> "Catalogue":
        """Add the NAME/LANG/PART files of a folder, overriding what is there.

        Raises:
            DefinitionError: a template that does not parse, with file and line; or a file that is not a message part.
        """
        for path in sorted(p for p in folder.glob("*/*/*") if p.is_file() and not p.name.startswith(".")):
            name, language, part = path.relative_to(folder).parts
            shown = f"{shown_as}/{name}/{language}/{part}"
            if part not in (SUBJECT, TEXT, HTML, "style.css"):
                raise DefinitionError(f"{shown}:1: not a message part; they are {SUBJECT}, {TEXT}, {HTML}")
            if re.fullmatch("[a-z]{2}", language) is None:
                raise DefinitionError(f"{shown}:1: {language!r} is not a language folder; name it fr, nl, en, …")
            try:
                text = path.read_text(encoding="utf-8-sig")
                if part != "style.css":
                    _compile(part == HTML, language, text)
            except UnicodeDecodeError as error:
                raise DefinitionError(f"{shown}:1: not UTF-8: {error.reason}. Save the file as UTF-8.") from None
            except jinja2.TemplateSyntaxError as error:
                raise DefinitionError(f"{shown}:{error.lineno}: {error.message}") from None
            self.sources.setdefault(name, {}).setdefault(language, {})[part] = text
            self.files[name, language, part] = shown
        return self

    def languages(self, name: str) -> frozenset[str]:
        """Languages in which all parts of a message exist."""
        parts = {TEXT, HTML} if name == LAYOUT else {SUBJECT, TEXT, HTML}
        return frozenset(lang for lang, found in self.sources.get(name, {}).items() if parts <= set(found))


class Renderer:
    """Renders any message of a catalogue.

    Attributes:
        firm_language: where a recipient has none (M9).
        page_link: what `request.link` prints: the placeholder of the page's link; None if the firm has no page.
    """

    def __init__(
        self, catalogue: Catalogue, firm: Mapping[str, object], firm_language: str, page_link: str | None = None
    ) -> None:
        self._catalogue = catalogue
        self._firm = _Fields(firm)
        self.firm_language = firm_language
        self.page_link = page_link
        self._layouts: dict[str, Layout] = {}
        self._inliner = css_inline.CSSInliner()

    def render(self, message: str, language: str | None, merge: Mapping[str, Mapping[str, object]]) -> Rendered:
        """Render one message's own part.

        Args:
            message: the message's name.
            language: the relation's, or None (M9).
            merge: fields by object: relation, company, owner, task, mission.

        Raises:
            MergeFieldMissing: it prints a field that is unknown or empty (M8).
            UnsafeMail: a field put a line break into the subject.
        """
        chosen = choose_language(language, self.firm_language, self._catalogue.languages(message))
        if chosen is None:
            raise MergeFieldMissing(f"message {message} exists in no language that could be used")
        things = {name: _Fields(values) for name, values in merge.items()} | {"firm": self._firm}
        subject = self._part(message, chosen, SUBJECT, things).strip()
        if CONTROL_CHARACTERS.search(subject):
            raise UnsafeMail(f"message {message}: its subject holds a line break or another control character")
        html = self._part(message, chosen, HTML, things)
        return Rendered(
            language=chosen,
            subject=subject[:LONGEST_SUBJECT],
            body_text=self._part(message, chosen, TEXT, things).strip() + "\n",
            body_html=self._inliner.inline_fragment(html.strip(), self._style()),
        )

    def layout(self, language: str) -> Layout:
        """The shared layout around messages in a language; rendered once.

        Raises:
            DefinitionError: it does not print `content` unchanged, so that messages would be empty.
        """
        if language not in self._layouts:
            found = choose_language(language, self.firm_language, self._catalogue.languages(LAYOUT))
            chosen = found or self.firm_language
            text = self._part(LAYOUT, chosen, TEXT, {"firm": self._firm, "content": OWN_TEXT})
            html = self._part(LAYOUT, chosen, HTML, {"firm": self._firm, "content": Markup(OWN_HTML)})  # noqa: S704 - ours
            for part, mark, whole in ((TEXT, OWN_TEXT, text), (HTML, OWN_HTML, html)):
                if whole.count(mark) != 1:
                    shown = self._catalogue.files[LAYOUT, chosen, part]
                    raise DefinitionError(f"{shown}:1: it must print {{{{ content }}}} once, as it is")
            self._layouts[language] = Layout(chosen, text.strip() + "\n", html.strip() + "\n")
        return self._layouts[language]

    def _style(self) -> str:
        layouts = self._catalogue.sources.get(LAYOUT, {})
        return next((parts["style.css"] for parts in layouts.values() if "style.css" in parts), "")

    def _part(self, name: str, language: str, part: str, context: Mapping[str, object]) -> str:
        template = _compile(part == HTML, language, self._catalogue.sources[name][language][part])
        try:
            return template.render(context)
        except jinja2.UndefinedError as error:
            raise MergeFieldMissing(f"message {name}: {error.message}") from None
        except jinja2.exceptions.SecurityError as error:
            raise UnsafeMail(f"message {name}: {error}") from None
        except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
            # A template's expression may fail on one relation's data: only that message stops (M8).
            raise UnsafeMail(f"message {name}: it cannot be rendered: {type(error).__name__}") from None


@lru_cache(maxsize=TEMPLATES_REMEMBERED)
def _compile(is_html: bool, language: str, text: str) -> jinja2.Template:
    """Compile a template, once per process: a home is opened more often than its messages change."""
    return _environment(is_html, language).from_string(text)


@lru_cache(maxsize=TEMPLATES_REMEMBERED)
def _environment(is_html: bool, language: str) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        autoescape=is_html, undefined=_Missing, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False
    )
    environment.filters["date"] = _date_in(language)
    return environment


def _date_in(language: str) -> Callable[[date], str]:
    def long_date(day: date) -> str:
        if isinstance(day, jinja2.Undefined):
            str(day)  # raises an error that names the field
        return _long_date(day, language)

    return long_date


@lru_cache(maxsize=DAYS_REMEMBERED)
def _long_date(day: date, language: str) -> str:
    """A date in words, cached: a night's messages share few dates, and Babel takes 0.1 ms for each."""
    written = format_date(day, format="long", locale=language)
    # French says "1er décembre"; CLDR's long form does not.
    return written.replace("1", "1er", 1) if language == "fr" and day.day == 1 else written
