"""`python -m tests.faults.page`: kill the page on both databases, print what was found; 1 where something was lost."""

import argparse
import shutil
import sys
import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random, SystemRandom

from tests.faults.databases import KINDS, databases_of
from tests.faults.dispatch import in_a_child
from tests.faults.page.firm import make_firm, settings_of
from tests.faults.page.kills import COMMAND, RANDOM, Count, Round, plan
from tests.faults.page.served import warm_up

A_TENTH = 10


def main() -> None:
    """Read the command line, kill, and say what was found."""
    options = _options()
    kinds = [options.database] if options.database else KINDS
    folder = Path(tempfile.mkdtemp(prefix="relance-page-faults-"))
    problems = []
    warm_up()
    for kind in kinds:
        (folder / kind).mkdir()
        problems += _kill(kind, folder / kind, -(-options.kills // len(kinds)), options)
    if not problems:
        shutil.rmtree(folder)
    sys.stderr.writelines(f"{problem}; seed {options.seed}, see {folder}\n" for problem in problems)
    sys.exit(1 if problems else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.faults.page", description=__doc__)
    parser.add_argument("--kills", type=int, default=500, help="on all databases together")
    parser.add_argument("--commands", type=int, help="how many of them, on each, kill `relance web` itself; a tenth")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6))
    parser.add_argument("--database", choices=KINDS)
    return parser.parse_args()


def _kill(kind: str, folder: Path, kills: int, options: argparse.Namespace) -> list[str]:
    """All kills on one kind of database; returns what is wrong."""
    started = time.perf_counter()
    commands = kills // A_TENTH if options.commands is None else options.commands
    with closing(databases_of(kind, folder)) as databases:
        url, home = databases.empty(), folder / "home"
        in_a_child(folder, partial(make_firm, home, url))
        with closing(Round(settings_of(home, url), folder, f"{options.seed}/{kind}")) as one:
            for name, place in plan(kills, commands, Random(options.seed)):
                one.kill(name, place)
    _print(kind, one.count, options.seed, time.perf_counter() - started)
    return one.count.problems


def _print(kind: str, count: Count, seed: int, seconds: float) -> None:
    total = sum(count.kills.values())
    at_random = sum(kills for (_, place), kills in count.kills.items() if place in (RANDOM, COMMAND))
    sys.stdout.write(
        f"{kind}: {total} kills ({at_random} at random, {total - at_random} at {len(count.kills)} places of an act), "
        f"{count.acknowledged} acknowledged before, {count.whole} recorded unheard, {count.untouched} not at all, "
        f"{sum(count.missed.values())} places not passed {dict(count.missed) or ''}; {len(count.problems)} problems; seed {seed}, {seconds:.0f} s\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
