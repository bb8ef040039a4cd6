"""The wheel: complete, under one roof, and at work from anywhere."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
SHIPPED = ("flows", "tasks", "sql", "expectations", "deployments")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    source = tmp_path_factory.mktemp("source") / "relance"
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True
    )
    for name in tracked.stdout.decode().splitlines():
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(source)]
    built = subprocess.run(command, capture_output=True, check=False)
    assert built.returncode == 0, built.stdout.decode()[-3000:]
    (found,) = out.glob("*.whl")
    return found, tracked.stdout.decode().splitlines()


def test_the_wheel_holds_every_file_of_every_room(wheel):
    path, tracked = wheel
    inside = set(zipfile.ZipFile(path).namelist())
    expected = {f"relance/{name}" for name in tracked if name.split("/")[0] in SHIPPED and (ROOT / name).is_file()}
    assert expected - inside == set()
    assert {name.split("/")[0] for name in inside} == {"relance", "relance-0.1.0.dist-info"}


def test_the_wheel_works_from_the_root_folder_and_leaks_no_generic_name(wheel, tmp_path):
    """Installed beside the locked dependencies of this environment, in a clean environment of its own."""
    path, _ = wheel
    venv.create(tmp_path / "clean", with_pip=True)
    python = tmp_path / "clean" / "bin" / "python"
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, str(path)], check=True)
    (site,) = (tmp_path / "clean" / "lib").glob("python*/site-packages")
    (here,) = (p for p in map(Path, sys.path) if p.name == "site-packages")
    (site / "dependencies.pth").write_text(str(here), encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "RELANCE"))}

    def run(*command):
        return subprocess.run(command, cwd="/", env=environment, capture_output=True, check=False)

    demo = run(tmp_path / "clean" / "bin" / "relance", "demo", str(tmp_path / "demo"))
    assert demo.returncode == 0, demo.stderr.decode()[-3000:]
    assert list((tmp_path / "demo" / "outbox").glob("*.eml"))
    for name in ("flows", "tasks", "sql"):
        assert f"No module named '{name}'".encode() in run(python, "-c", f"import {name}").stderr
