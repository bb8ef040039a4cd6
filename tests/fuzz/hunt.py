"""Many files: sent their way in batches, and some of them into a database."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from flows.home.copy import HOMES, copy_home
from flows.home.settings import Settings, load_settings
from flows.jobs.imports import run_import
from sql.migrate import migrate
from sql.store import Store
from tasks.domain.errors import RelanceError
from tests.bench.firm import NIGHT
from tests.fuzz.files import File, make_file, real_exports
from tests.fuzz.way import Hangs, Passage, answer_all, at_most, go, quoted

FILES_A_BATCH = 2000


@dataclass
class Bag:
    """What a hunt came to."""

    files: int = 0
    whole: int = 0
    read: int = 0
    admitted: int = 0
    quarantined: int = 0
    imported: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, other: "Bag") -> None:
        """Take in another's."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def hunt(folder: Path, numbers: Sequence[int], seed: int, seconds: float, imported_every: int) -> Bag:
    """Send the files of these numbers their way.

    Args:
        folder: to work in; files with a problem stay there.
        numbers: which files.
        seed: of all files.
        seconds: that a file may take.
        imported_every: one file in how many goes into a database too.
    """
    copy_home("starter", folder / "home")
    settings = load_settings(folder / "home", {})
    store = settings.open_store()
    migrate(store)
    profiles = [one for _, one in sorted(load_settings(HOMES / "starter", {}).mappings.items()) if one.columns]
    real = real_exports(profiles)
    made = (make_file(seed, number, profiles, real) for number in numbers)
    bag = Bag()
    for batch in _batches(made):
        _one_batch(bag, batch, folder, settings, store, seconds, imported_every)
    store.close()
    return bag


def _batches(files: Iterable[File]) -> Iterator[list[Passage]]:
    rest = iter(files)
    while batch := [Passage(file) for file in islice(rest, FILES_A_BATCH)]:
        yield batch


def _one_batch(
    bag: Bag, batch: list[Passage], folder: Path, settings: Settings, store: Store, seconds: float, every: int
) -> None:
    for passage in batch:
        go(passage, folder, settings, store, seconds)
    answer_all(batch)
    for passage in batch:
        if passage.answers:
            passage.refused, passage.problems = "", []
            go(passage, folder, settings, store, seconds)
        if bag.files % every == 0:
            bag.imported += _into_database(passage, folder, settings, store, seconds)
        _count(bag, passage, folder)


def _into_database(passage: Passage, folder: Path, settings: Settings, store: Store, seconds: float) -> bool:
    """The real import, once more, and whether it agrees."""
    file, path = passage.file, folder / passage.file.name
    path.write_bytes(file.data)
    profile: Any = file.profile
    try:
        with at_most(seconds * 2):
            done = run_import(settings, store, file.kind, path, profile and profile.mapping, NIGHT).admission
    except RelanceError as error:
        passage.problems += quoted(str(error), passage)
        if not passage.refused:
            passage.problems.append(f"refused by the import alone: {type(error).__name__}")
        return True
    except Hangs:
        passage.problems.append(f"the import hangs for more than {seconds * 2:g} s")
        return True
    except Exception as error:  # noqa: BLE001 - that is the prey
        passage.problems.append(f"import: {type(error).__name__}: {str(error)[:200]}")
        return True
    finally:
        path.unlink()
    if (
        done.read != done.new + done.changed + done.unchanged + done.quarantined
        or done.read != passage.admitted + passage.quarantined
    ):
        passage.problems.append(f"the ledger does not add up: {done}")
    return True


def _count(bag: Bag, passage: Passage, folder: Path) -> None:
    bag.files += 1
    bag.whole += passage.file.is_whole
    if passage.refused:
        bag.refused[passage.refused] += 1
    else:
        bag.read += passage.admitted + passage.quarantined
        bag.admitted += passage.admitted
        bag.quarantined += passage.quarantined
    if passage.file.is_whole and passage.refused not in ("", "GateStopped"):
        passage.problems.append(f"a good file is refused: {passage.refused}")
    if passage.problems:
        (folder / passage.file.name).write_bytes(passage.file.data)
        as_what = passage.file.profile.mapping if passage.file.profile else "canonical"
        said = "; ".join(dict.fromkeys(passage.problems))
        bag.problems.append(f"{passage.file.name}, {passage.file.kind} by {as_what}: {said}")
