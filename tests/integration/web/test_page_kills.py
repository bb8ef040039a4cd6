"""A short form of `python -m tests.faults.page`: the page is killed at some places of every act, on both databases."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
KILLS = 24


@pytest.mark.slow
def test_d5_no_kill_of_the_page_loses_an_answer_or_leaves_half_of_one():
    command = [sys.executable, "-m", "tests.faults.page", "--kills", str(KILLS), "--commands", "1"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert re.findall(r"^(\w+): (\d+) kills", run.stdout, re.MULTILINE) == [("sqlite", "12"), ("postgresql", "12")]
