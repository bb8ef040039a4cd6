"""The house's own rules: imports go one way, documents name what there is."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("flows", "tasks", "sql")
PURE = {"prefect", "great_expectations", "sqlalchemy", "jinja2", "os", "pathlib", "random", "sql", "flows"}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def modules(folder):
    return [p for p in sorted((ROOT / folder).rglob("*.py")) if p.stat().st_size]


STAGES = ("intake", "planning", "activities", "rules", "mail", "requests", "reporting", "desk")
# Pairs of stages of which the first imports the second, with the reason.
BETWEEN_STAGES = {
    ("intake", "mail"): "an answer in a file may cross a message that was handed over",
    ("intake", "requests"): "an answer in a file is recorded like every other answer",
    ("requests", "mail"): "a reminder is a message: it has the same merge fields, and goes through the same outbox",
    ("activities", "mail"): "what is told of an activity is a message like every other",
    ("rules", "activities"): "a rule's mail about an activity invites to it; a rule's change of it is one",
    ("rules", "intake"): "a rule acts on what an import saves, and notes what the file says of a field that it sets",
    ("rules", "mail"): "a rule's mail is a message like every other",
    ("rules", "planning"): "a rule's task is made like every other",
    ("desk", "mail"): "the link that signs a user in is a message like every other",
    ("reporting", "planning"): "the quality review asks what planning asks of dates, and must hear the same",
    (
        "mail",
        "planning",
    ): "a message sent by hand belongs to a task that must be open; a task closes with its last message",
}


def stage_of(name):
    parts = name.split(".")
    return parts[1] if parts[0] == "tasks" and len(parts) > 1 and parts[1] in STAGES else None


@pytest.mark.parametrize("path", modules("tasks/domain"), ids=lambda p: p.stem)
def test_the_domain_is_pure(path):
    for name in imports(path):
        assert name.split(".")[0] not in PURE
        if name.split(".")[0] == "tasks":
            assert name.startswith("tasks.domain")


@pytest.mark.parametrize("path", modules("tasks"), ids=lambda p: p.stem)
def test_tasks_know_no_flows(path):
    assert not [name for name in imports(path) if name.split(".")[0] in ("flows", "prefect")]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_imports_another_only_where_a_reason_is_listed(stage):
    found = {stage_of(name) for path in modules(f"tasks/{stage}") for name in imports(path)} - {stage, None}
    assert found == {other for first, other in BETWEEN_STAGES if first == stage}


def test_what_stages_share_imports_no_stage():
    shared = [path for path in modules("tasks") if path.parent == ROOT / "tasks"]
    assert [(path.name, name) for path in shared for name in imports(path) if stage_of(name)] == []


def test_no_two_packages_import_each_other():
    def package(name):
        parts = name.split(".")
        return ".".join(parts[: 3 if parts[:2] == ["tasks", "domain"] else 2])

    edges = set()
    for room in ROOMS:
        for path in modules(room):
            here = package(".".join(path.relative_to(ROOT).with_suffix("").parts))
            edges |= {(here, package(n)) for n in imports(path) if n.split(".")[0] in ROOMS and package(n) != here}
    cycles = {frozenset(edge) for edge in edges if edge[::-1] in edges}
    assert cycles == set()


@pytest.mark.parametrize("path", modules("sql"), ids=lambda p: p.stem)
def test_sql_knows_nothing_of_ours_but_names_of_columns_and_states_and_the_root_of_errors(path):
    ours = [name for name in imports(path) if name.split(".")[0] in ("flows", "tasks")]
    # A migration folds the ids that are stored already.
    folding = {"tasks.domain.intake"} if "migrations" in path.parts else set()
    assert (
        set(ours)
        <= {"tasks.domain", "tasks.domain.errors", "tasks.domain.mail.keys", "tasks.domain.mail.states"} | folding
    )


@pytest.mark.parametrize("path", [p for room in ROOMS for p in modules(room)], ids=lambda p: p.stem)
def test_t1_the_clock_is_read_in_one_place(path):
    clock = re.findall(r"\b(?:datetime\.now|date\.today|time\.time|utcnow)\(", path.read_text(encoding="utf-8"))
    assert not clock or path == ROOT / "flows" / "home" / "clock.py"


def test_every_test_that_a_file_names_is_there():
    for room in ROOMS:
        for path in modules(room):
            for named in re.findall(r"tests/[\w/]+\.py", path.read_text(encoding="utf-8")):
                assert (ROOT / named).is_file(), f"{path.relative_to(ROOT)} names {named}"


def test_no_file_names_an_index_or_a_machine():
    for path in ROOT.rglob("*"):
        if path.is_file() and path.suffix in (".py", ".md", ".toml", ".lock", ".yaml", ".json", ".sql", ".html", ""):
            parts = path.relative_to(ROOT).parts
            if parts[0] in (".venv", ".git", "relance-demo") or any(p.startswith(".") and p != ".ci" for p in parts):
                continue
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not re.search(r"(?:pypi|pythonhosted|npmjs)\.(?:org|com)", text), path
            assert str(ROOT) not in text, path


def test_no_two_files_of_tests_have_one_name():
    """Pytest imports them by that name, and would run only the first."""
    names = [path.name for path in modules("tests") if path.name.startswith("test_")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
