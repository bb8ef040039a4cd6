"""The rule book, tasks/domain/RULES.md: every rule that is cited is defined, and every one that is defined is tested."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BOOK = (ROOT / "tasks/domain/RULES.md").read_text(encoding="utf-8")
RULES = {
    code: re.findall(r"`([\w/]+\.\w+)`", text.rpartition(" — ")[2])
    for code, text in re.findall(r"^- \*\*([A-Z]\d+)\*\*(.*)$", BOOK, re.MULTILINE)
}
CODE = re.compile(r"\b[A-Z]\d{1,2}\b")
TEST_NAME = re.compile(r"def test_([a-z]\d{1,2})_")
PAGES = [p for p in sorted(ROOT.rglob("*.md")) if not any(part.startswith(".") for part in p.relative_to(ROOT).parts)]


def files(*folders, endings=(".py",)):
    return [p for folder in folders for p in sorted((ROOT / folder).rglob("*")) if p.suffix in endings]


def remarks(path):
    """The comments and docstrings of a file, without the examples of commands."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".sql":
        found = [line.partition("--")[2] for line in text.splitlines()]
    else:
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        found = [token.string for token in tokens if token.type == tokenize.COMMENT]
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        found += [ast.get_docstring(node) or "" for node in ast.walk(ast.parse(text)) if isinstance(node, documented)]
    return "\n".join(line for remark in found for line in remark.splitlines() if "Example: " not in line)


def test_no_rule_is_defined_twice():
    assert len(re.findall(r"^- \*\*", BOOK, re.MULTILINE)) == len(RULES)


@pytest.mark.parametrize("folder", ["flows", "tasks", "sql"])
def test_every_rule_that_the_code_cites_is_defined(folder):
    unknown = {
        f"{path.relative_to(ROOT)}: {code}"
        for path in files(folder, endings=(".py", ".sql"))
        for code in set(CODE.findall(remarks(path))) - set(RULES)
    }
    assert unknown == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_rule_that_a_page_cites_is_defined(page):
    cited = re.findall(r"\b[TPAMQOKSRDUVW]\d\b", page.read_text(encoding="utf-8"))
    assert set(cited) - set(RULES) == set()


@pytest.mark.parametrize("code", RULES)
def test_every_rule_names_its_code_and_a_test_that_is_named_after_it(code):
    tests = [path for path in RULES[code] if path.startswith("tests/")]
    assert tests
    assert [path for path in RULES[code] if path not in tests]
    for path in tests:
        names = TEST_NAME.findall((ROOT / path).read_text(encoding="utf-8"))
        assert code.lower() in names, f"{path} has no test called test_{code.lower()}_…"


def test_every_test_is_named_after_a_rule_that_is_defined():
    named = {code.upper() for path in files("tests") for code in TEST_NAME.findall(path.read_text(encoding="utf-8"))}
    assert named - set(RULES) == set()


def test_every_file_that_a_rule_names_is_there():
    assert [path for paths in RULES.values() for path in paths if not (ROOT / path).is_file()] == []


def test_every_path_that_a_file_names_is_there():
    """Apart from placeholders in capitals, such as expectations/NAME.json."""
    path_in_text = r"(?<![\w./-])((?:flows|tasks|sql|tests|expectations|deployments)/[\w/-]+\.\w+)"
    missing = {
        f"{path.relative_to(ROOT)} names {named}"
        for path in files("flows", "tasks", "sql", "tests", endings=(".py", ".sql", ".html"))
        for named in re.findall(path_in_text, path.read_text(encoding="utf-8"))
        if not (ROOT / named).exists() and not Path(named).stem.isupper()
    }
    assert missing == set()
