"""A refused definition is refused in our words: nothing of the validator's own shows, whatever was written."""

import re
from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from tasks.domain.definitions.firm import Firm
from tasks.domain.definitions.problem_words import WORDS
from tasks.domain.definitions.profile import Profile
from tasks.domain.definitions.source import Source
from tasks.domain.definitions.template import Template
from tasks.domain.definitions.yaml_models import DefinitionError, parse_model

STARTER = Path(__file__).parents[3] / "deployments/homes/starter"
FILES = {
    "firm.yaml": Firm,
    "templates/id-card.yaml": Template,
    "templates/vat.yaml": Template,
    "mappings/odoo-calendrier-fr.yaml": Profile,
    "mappings/dolibarr-fr.yaml": Profile,
}
SOURCE = "{source: crm, url: 'sqlite:///crm.db', pulls: [{kind: relations, query: r.sql, full: true}]}"
SPOILS = [None, "", 5, 1.5, True, [], {}, "x y!", [1], ["a", "a"], {"a": 1}, {"fr": 5}, {"X Y": "a"}, "2020-13-01", -1]
# What the validator says by itself, its names of types, and patterns.
OWN = re.compile(r"[Ii]nput|should|valid (string|dict)|instance of|function-|\[key\]|\[.*\[|\^|unable|validation|str\b")


def spoiled(tree, place=()):
    """Every tree with one value replaced or taken away, with the place of that value."""
    children = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in children:
        others = [*SPOILS, *(deepcopy(inner) for inner in spoiled(value))]
        for other in others:
            copy = deepcopy(tree)
            copy[key] = other
            yield copy
        shorter = deepcopy(tree)
        del shorter[key]
        yield shorter


def sentences(model, tree):
    try:
        parse_model(model, yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), "file.yaml")
    except DefinitionError as error:
        yield from str(error).splitlines()


@pytest.mark.parametrize("name", [*FILES, "source"])
def test_no_spoiled_value_shows_the_validators_own_words(name):
    text = SOURCE if name == "source" else (STARTER / name).read_text(encoding="utf-8")
    model = Source if name == "source" else FILES[name]
    said = {sentence for tree in spoiled(yaml.safe_load(text)) for sentence in sentences(model, tree)}
    assert said
    assert sorted(sentence for sentence in said if OWN.search(sentence)) == []


@pytest.mark.parametrize(
    ("firm", "says"),
    [
        ("language: french", "firm.yaml:3: language: 'french' cannot stand here; write a language's two small letters"),
        ("gate: {max_row_drop: 5}", "firm.yaml:3: gate.max_row_drop: write 1 or less"),
        ("mail: {send_hour: soon}", 'firm.yaml:3: mail.send_hour: write an hour in quotes, such as "09:30"'),
        ("mail: {transport: post}", "firm.yaml:3: mail.transport: write 'folder' or 'sendgrid'"),
        ("statuses: {To Do: x}", "firm.yaml:3: statuses.To Do: 'To Do' cannot stand here; write small letters"),
        ("statuses: [a]", "firm.yaml:3: statuses: write keys and values here"),
        ("mail: {digest: 7}", "firm.yaml:3: mail.digest: write 'none'"),
    ],
)
def test_a_refusal_says_what_to_write(firm, says):
    with pytest.raises(DefinitionError) as refused:
        parse_model(Firm, f"name: Cabinet\nsender: {{name: C, email: c@c.example}}\n{firm}\n", "firm.yaml")
    assert str(refused.value).startswith(says)
    assert len(str(refused.value).splitlines()) == 1


def test_every_sentence_says_what_to_do_or_what_is_too_much():
    assert all(re.match(r"write|is |unknown key", words) for words in WORDS.values())
