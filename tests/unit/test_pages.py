"""The pages (README.md files and the rest of the documentation) say what there is, and all of it."""

import re
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Literal, get_args, get_origin

import pandas as pd
import pytest
import yaml
from pydantic import BaseModel

from flows.cli import relance
from tasks.domain.definitions.firm import Firm
from tasks.domain.definitions.kinds import KINDS
from tasks.domain.definitions.profile import ColumnRule, Profile
from tasks.domain.definitions.source import Source
from tasks.domain.definitions.template import Template
from tasks.domain.definitions.update_group import UpdateGroup
from tasks.domain.reasons import Reason
from tasks.mail.task_messages import merge_fields
from tests.harness.command_reference import reference, with_reference

ROOT = Path(__file__).parents[2]
ROOMS = ("flows", "tasks", "sql", "expectations", "deployments", "tests")
PAGES = sorted([*ROOT.glob("*.md"), *(page for room in ROOMS for page in (ROOT / room).rglob("*.md"))])
LONGEST_README = {"lines": 120, "words": 900}


def words_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


def named(page):
    return str(page.relative_to(ROOT))


def anchors(text):
    """The names by which a page's headings are linked to, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_is_read_in_a_few_minutes():
    text = words_of("README.md")
    assert len(text.splitlines()) <= LONGEST_README["lines"]
    assert len(text.split()) <= LONGEST_README["words"]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_of_a_page_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_path_that_a_page_names_is_there(page):
    """Apart from placeholders in capitals, such as expectations/KIND.json."""
    written = re.findall(rf"`((?:{'|'.join(ROOMS)})/[^`\s]*)`", page.read_text(encoding="utf-8"))
    paths = {path for path in written if not re.search(r"[<*…]|\b[A-Z]{3,}\b(?!\.md)", path)}
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_every_section_that_a_file_refers_to_is_there():
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for page, heading in re.findall(r'\(([\w/]+\.md), "([^"\n]+)"\)', path.read_text(encoding="utf-8")):
                assert f"# {heading}\n" in words_of(page), f"{path.relative_to(ROOT)} refers to {page}, {heading}"


def test_every_decision_that_a_file_refers_to_is_there():
    decided = set(re.findall(r"^## (\d+)\.", words_of("DECISIONS.md"), re.MULTILINE))
    for path in [
        ROOT / "Makefile",
        ROOT / "pyproject.toml",
        *(p for room in ROOMS for p in (ROOT / room).rglob("*.*")),
    ]:
        if path.suffix in (".py", ".sql", ".md", ".toml", ".yaml", ""):
            cited = re.findall(r"DECISIONS\.md(?:\]\([^)]*\))?, (\d+)", path.read_text(encoding="utf-8"))
            assert set(cited) <= decided, path


def test_the_decisions_are_numbered_without_gaps_and_listed_at_the_top():
    text = words_of("DECISIONS.md")
    titles = re.findall(r"^## (\d+)\. (.+) \(\d{4}-\d{2}\)$", text, re.MULTILINE)
    assert [number for number, _ in titles] == [str(n) for n in range(1, len(titles) + 1)]
    assert len(titles) == len(re.findall(r"^## \d", text, re.MULTILINE))
    listed = re.findall(r"^\| (\d+) \| \[(.+)\]\(#(\S+)\) \|$", text, re.MULTILINE)
    assert [(number, title) for number, title, _ in listed] == titles


def test_the_changelog_is_by_version_with_an_empty_place_for_what_comes():
    text = words_of("CHANGELOG.md")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Unreleased", "0.1.0 (2026-11-26)"]
    released = text.partition("## 0.1.0")[2]
    assert re.findall(r"^### (.+)$", released, re.MULTILINE) == ["Added", "Changed", "Fixed", "Migration"]


def test_the_command_reference_is_what_help_says():
    page = words_of("flows/README.md")
    assert page == with_reference(page), "run `make docs`"


def test_the_command_reference_holds_every_command():
    headings = set(re.findall(r"^### (.+)$", reference(), re.MULTILINE))
    assert {f"relance {name}" for name in relance.commands} < headings
    assert {"relance outbox resolve", "relance mission attach"} < headings


def test_every_deployment_is_in_the_table():
    table = words_of("flows/README.md").partition("\n## Deployments\n")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| ([a-z-]+) \|", table, re.MULTILINE)
    deployed = yaml.safe_load(words_of("deployments/prefect.yaml"))["deployments"]
    assert listed == ["deployment", *(one["name"] for one in deployed)]


def test_every_setting_is_on_the_page_and_no_other():
    settings = words_of("deployments/README.md").partition("## Settings")[2].partition("\n## ")[0]
    said = set(re.findall(r"^\| `(\w+)` \|", settings, re.MULTILINE))
    read = set()
    for path in (ROOT / "flows").rglob("*.py"):
        read |= set(re.findall(r"\b(?:RELANCE|SENDGRID)_[A-Z_]+\b", path.read_text(encoding="utf-8")))
    assert said == read
    example = (ROOT / "deployments" / "env.example").read_text(encoding="utf-8")
    assert [name for name in read if name not in example] == []


def test_every_reason_is_on_the_page():
    reasons = words_of("deployments/README.md").partition("## Reasons")[2].partition("\n## ")[0]
    assert [reason.value for reason in Reason if f"`{reason.value}`" not in reasons] == []


def models_in(annotation):
    """The models that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from models_in(part)


def keys_of(model):
    """Every key that a definition may have, as it is written in YAML."""
    for name, field in model.model_fields.items():
        yield field.alias or name
        for inner in models_in(field.annotation):
            yield from keys_of(inner)


@pytest.mark.parametrize(
    ("section", "model"),
    [
        ("firm.yaml", Firm),
        ("Templates", Template),
        ("Update groups", UpdateGroup),
        ("Import profiles", Profile),
        ("Import profiles", ColumnRule),
        ("Sources", Source),
    ],
)
def test_every_key_of_a_home_is_described(section, model):
    part = words_of("deployments/homes/README.md").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    said = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]+)`", part))))
    assert set(keys_of(model)) - said == set()


def test_every_column_of_every_kind_is_described():
    page = words_of("deployments/homes/README.md")
    for kind in KINDS.values():
        (row,) = re.findall(rf"^\| `{kind.name}` \|.*$", page, re.MULTILINE)
        assert [column for column in kind.columns if f"`{column}`" not in row] == []


@pytest.mark.parametrize("page", ["deployments/homes/README.md", "deployments/homes/starter/messages/README.md"])
def test_every_merge_field_is_described_and_no_other(page):
    day = pd.Timestamp(2026, 11, 24)
    mail = defaultdict(lambda: None) | {"due_on": day, "anchor_on": day, "send_on": day, "kind": "request"}
    renderer = SimpleNamespace(firm_language="fr", page_link="link")
    given = merge_fields(mail, [], renderer) | {"firm": {"name": "", "email": ""}}
    said = re.findall(r"\{\{ (\w+\.\w+)(?: \\\| date)? \}\}", words_of(page))
    assert {f"{thing}.{field}" for thing, fields in given.items() for field in fields} == set(said)
