"""Sharing a template: what comes out of an import is byte for byte what went into the export."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli import relance


def call(*words, expect=0):
    result = CliRunner().invoke(relance, [str(w) for w in words], catch_exceptions=False)
    assert result.exit_code == expect, result.output
    return result


def definitions(home):
    folders = ("templates", "messages")
    files = [p for folder in folders for p in sorted((home / folder).rglob("*")) if p.is_file()]
    return {str(p.relative_to(home)): p.read_bytes() for p in files}


@pytest.fixture
def other(tmp_path):
    call("init", tmp_path / "other")
    shutil.rmtree(tmp_path / "other" / "templates")
    (tmp_path / "other" / "templates").mkdir()
    return tmp_path / "other"


@pytest.fixture
def shared(home, tmp_path):
    """The starter's template with a message of the firm's own, which ends without a newline and holds odd text."""
    own = home / "messages" / "ask" / "fr"
    own.mkdir(parents=True)
    (own / "subject.txt").write_text("Ève: {{ task.label }}", encoding="utf-8")
    (own / "body.txt").write_text("  a\n\n# b \n{{ relation.name }}\n\n\n", encoding="utf-8")
    (own / "body.html").write_text("<p>x</p>\t\n", encoding="utf-8")
    template = home / "templates" / "id-card.yaml"
    template.write_text(template.read_text(encoding="utf-8").replace("request_documents", "ask"), encoding="utf-8")
    call("template", "export", "id-card", tmp_path / "shared.yaml", "--home", home)
    return tmp_path / "shared.yaml"


def test_a_template_travels_whole(shared, home, other):
    call("template", "import", shared, "--home", other)
    travelled = [
        name for name in definitions(home) if name == "templates/id-card.yaml" or name.startswith("messages/ask")
    ]
    assert len(travelled) > 1
    for name in travelled:
        assert definitions(other)[name] == definitions(home)[name]
    again = call("template", "export", "id-card", "--home", other).stdout
    assert again == shared.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["id-card", "vat", "payroll", "yearly-accounts"])
def test_every_template_of_the_starter_comes_out_as_it_went_in(home, other, tmp_path, name):
    call("template", "export", name, tmp_path / "shared.yaml", "--home", home)
    call("template", "import", tmp_path / "shared.yaml", "--home", other)
    file = Path("templates") / f"{name}.yaml"
    assert (other / file).read_bytes() == (home / file).read_bytes()
    again = call("template", "export", name, "--home", other).stdout
    assert again == (tmp_path / "shared.yaml").read_text(encoding="utf-8")


def test_importing_twice_is_no_clash(shared, other):
    call("template", "import", shared, "--home", other)
    before = definitions(other)
    call("template", "import", shared, "--home", other)
    assert definitions(other) == before


def test_a_clash_is_named_and_nothing_is_written_until_it_is_asked_for(shared, other):
    (other / "templates" / "id-card.yaml").write_text(
        (shared.parent / "home" / "templates" / "id-card.yaml")
        .read_text(encoding="utf-8")
        .replace("ask\n", "ask \n", 1)
        + "\n# mine\n",
        encoding="utf-8",
    )
    (other / "messages" / "ask").mkdir(exist_ok=True)
    shutil.copytree(shared.parent / "home" / "messages" / "ask", other / "messages" / "ask", dirs_exist_ok=True)
    before = definitions(other)
    said = call("template", "import", shared, "--home", other, expect=1).stderr
    assert "other content in templates/id-card.yaml. Use --replace" in said
    assert definitions(other) == before
    call("template", "import", shared, "--replace", "--home", other)
    assert b"# mine" not in definitions(other)["templates/id-card.yaml"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("relance_template: 1", "relance_template: 2", "shared.yaml:1: relance_template"),
        ("kind: auto_email", "kind: nonsense", "shared.yaml#template:"),
        ("  ask:\n", "  ../../ask:\n", "shared.yaml:"),
        ("    fr:\n", "    ../x:\n", "not a message part"),
        ("body.html:", "style.sh:", "not a message part"),
    ],
)
def test_a_shared_file_that_is_wrong_writes_nothing(shared, other, old, new, says):
    text = shared.read_text(encoding="utf-8")
    assert old in text
    shared.write_text(text.replace(old, new), encoding="utf-8")
    before = definitions(other)
    assert says in call("template", "import", shared, "--home", other, expect=1).stderr
    assert definitions(other) == before
