"""The process that examines a file: whatever becomes of it is a refusal, and it has the limits that it should have."""

import json
import subprocess
import sys

import pytest

from tasks.domain.requests.files import RefusedFile
from tasks.requests.inspection import examine
from tests.harness import sent_files as sent

GOOD = {"found": "pdf", "kept": "pdf", "notes": [], "is_unscannable": False, "pages": 1, "used": {"memory": 1}}


def run_instead(monkeypatch, program):
    monkeypatch.setattr(examine, "PROGRAM", program)
    monkeypatch.setattr(examine, "MOST_SECONDS", 1.0)


def refusal(folder):
    (folder / "a").write_bytes(sent.pdf())
    with pytest.raises(RefusedFile) as refused:
        examine.inspect_file(folder / "a", "a.pdf", ["pdf"], folder=folder)
    assert [path.name for path in folder.iterdir()] == ["a"]
    return refused.value.code


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import os; os.abort()", "not_readable"),
        ("import os; os.kill(os.getpid(), 11)", "not_readable"),
        ("raise SystemExit(3)", "not_readable"),
        ("print('hello')", "not_readable"),
        ("print('[' * 100000)", "not_readable"),
        ("print('{}')", "not_readable"),
        ("print('[]')", "not_readable"),
        ("print('\\x00' * 10_000_000)", "not_readable"),
        ('print(\'{"refused": "no-such-code"}\')', "not_readable"),
        ('print(\'{"refused": ["empty"]}\')', "not_readable"),
        ('print(\'{"refused": "not_readable", "details": {"x": 1}}\')', "not_readable"),
        ("while True: pass", "too_long_to_examine"),
        ("import time; time.sleep(60)", "too_long_to_examine"),
        ("import os, time; os.fork() and os._exit(0); time.sleep(60)", "not_readable"),
        ("import os; os.kill(os.getpid(), 9)", "too_long_to_examine"),
        ("import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass", "too_long_to_examine"),
    ],
)
def test_a_process_that_crashes_hangs_or_babbles_is_a_refusal(monkeypatch, tmp_path, program, code):
    run_instead(monkeypatch, program)
    assert refusal(tmp_path) == code


@pytest.mark.parametrize(
    "changed",
    [
        {"found": "html", "kept": "html"},
        {"found": "png", "kept": "png"},
        {"kept": "../x"},
        {"notes": ["<script>"]},
        {"notes": 5},
        {"is_unscannable": "no"},
        {"pages": "many"},
        {"used": 5},
        {"is_new": True},
    ],
)
def test_a_result_that_cannot_be_is_not_believed(monkeypatch, tmp_path, changed):
    run_instead(monkeypatch, f"print({json.dumps(GOOD | changed)!r})")
    assert refusal(tmp_path) == "not_readable"


def test_such_a_result_is_believed_when_it_is_right(monkeypatch, tmp_path):
    run_instead(monkeypatch, f"print({json.dumps(GOOD)!r})")
    (tmp_path / "a").write_bytes(b"x")
    assert examine.inspect_file(tmp_path / "a", "a.pdf", ["pdf"], folder=tmp_path).pages == 1


def in_child(program):
    root = str(examine.IMPORT_ROOT)
    start = "import sys; sys.path.insert(0, sys.argv[1]); from tasks.requests.inspection import child\n"
    done = subprocess.run([sys.executable, "-I", "-c", start + program, root], capture_output=True, check=False)
    return done.stdout.decode().strip()


def test_the_process_limits_itself():
    program = """
import resource
child.main('{"do": "inspect", "path": "/dev/null", "target": "x", "ending": "", "accept": []}')
print([resource.getrlimit(limit) == (value, value) for limit, value in child.LIMITS.items()])
try:
    bytearray(200_000_000)
except MemoryError:
    print("bounded")
"""
    assert in_child(program).endswith(f"{[True] * 6}\nbounded")


def test_the_process_imports_nothing_large():
    program = """
import tasks.requests.inspection.pdf_files, tasks.requests.inspection.pictures, pillow_heif
print(sorted({"pandas", "numpy", "sqlalchemy", "prefect", "pydantic", "yaml"} & set(sys.modules)))
"""
    assert in_child(program) == "[]"


def test_the_process_is_given_neither_the_name_nor_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("RELANCE_PORTAL_KEY", "secret")
    (tmp_path / "a").write_bytes(b"x")
    program = "import os, sys; open(%r, 'w').write(repr((sys.argv, dict(os.environ), sys.stdin.read())))"
    run_instead(monkeypatch, program % str(tmp_path / "seen"))
    with pytest.raises(RefusedFile):
        examine.inspect_file(tmp_path / "a", "Somebody.pdf", [], folder=tmp_path)
    seen = (tmp_path / "seen").read_text(encoding="utf-8")
    assert "secret" not in seen
    assert "Somebody" not in seen


@pytest.mark.parametrize("path", ["missing", "."])
def test_what_is_no_file_is_refused(tmp_path, path):
    with pytest.raises(RefusedFile) as refused:
        examine.inspect_file(tmp_path / path, "a.pdf", [], folder=tmp_path)
    assert refused.value.code == "not_readable"
