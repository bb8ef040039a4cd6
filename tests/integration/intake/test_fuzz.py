"""Spoiled files break no import: the short form of `make fuzz`, and what the hunt says of an import that is broken."""

import pytest

from flows.home.copy import HOMES
from flows.home.settings import load_settings
from tasks.intake.readers.raw_file import UnreadableFile
from tests.fuzz import files, way
from tests.fuzz.__main__ import closing_line
from tests.fuzz.files import make_file
from tests.fuzz.hunt import hunt

SEED = 20261124
SECONDS = 10.0


def test_three_hundred_spoiled_files_come_in_row_by_row_or_are_refused_in_words(tmp_path, monkeypatch):
    # The same files everywhere: `make fuzz` takes real exports too, where they are at hand.
    monkeypatch.setattr(files, "REAL", tmp_path / "none")
    bag = hunt(tmp_path, range(300), SEED, SECONDS, imported_every=30)
    assert bag.problems == []
    assert (bag.files, bag.imported) == (300, 10)
    assert bag.read == bag.admitted + bag.quarantined > 500
    assert set(bag.refused) == {"GateStopped", "ShapeError", "UnreadableFile"}
    assert closing_line(bag, SEED, 1).startswith("300 files (")


def test_a_file_depends_on_seed_and_number_alone():
    profiles = [one for _, one in sorted(load_settings(HOMES / "starter", {}).mappings.items()) if one.columns]
    once, again, other = (make_file(seed, 7, profiles, []) for seed in (1, 1, 2))
    assert once == again != other


def losing_a_row(path, *how):
    raw = READ(path, *how)
    return type(raw)(**vars(raw) | {"rows": raw.rows.iloc[1:]})


def counting_one_twice(path, *how):
    raw = READ(path, *how)
    rows = raw.rows.assign(source_row=raw.rows["source_row"].replace(3, 2))
    return type(raw)(**vars(raw) | {"rows": rows})


def quoting(path, *how):
    READ(path, *how)
    raise UnreadableFile(path.read_bytes().decode("latin-1"))


def raising(path, *how):
    raise KeyError(path)


def hanging(path, *how):
    while True:
        pass


READ = way.read_source


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (losing_a_row, "records read"),
        (counting_one_twice, "records read"),
        (quoting, "its message quotes the file"),
        (raising, "KeyError"),
        (hanging, "hangs for more than 0.2 s"),
    ],
)
def test_an_import_that_is_broken_is_found_out(tmp_path, monkeypatch, broken, says):
    monkeypatch.setattr(way, "read_source", broken)
    monkeypatch.setattr("flows.jobs.imports.read_source", broken)
    # A short limit strikes wherever a slow machine is, and a finalizer may not raise: only what hangs gets it.
    seconds = 0.2 if broken is hanging else SECONDS
    bag = hunt(tmp_path, range(6), SEED, seconds, imported_every=100)
    assert any(says in problem for problem in bag.problems)
    named = bag.problems[0].split(",")[0]
    assert (tmp_path / named).is_file(), "the file is kept"
