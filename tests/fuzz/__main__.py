"""`python -m tests.fuzz`: send spoiled files the whole way of an import; 1 where one broke it.

The files are shared out among processes, one a core; what a hunt finds does not depend on how many there are.
"""

import argparse
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from random import SystemRandom

from tests.fuzz.hunt import Bag, hunt

SAMPLE = 200
SECONDS = 10


def main() -> None:
    """Read the command line; hunt, and say what came of it."""
    options = _options()
    started = time.perf_counter()
    folder = Path(tempfile.mkdtemp(prefix="relance-fuzz-"))
    bag = Bag()
    numbers = [options.only] if options.only is not None else list(range(options.files))
    every = max(options.files // SAMPLE, 1)
    shares = [
        (folder / str(part), numbers[part :: options.processes], options.seed, SECONDS, every)
        for part in range(options.processes)
    ]
    for share in shares:
        share[0].mkdir()
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        for part in pool.starmap(hunt, shares):
            bag.add(part)
        pool.close()
        pool.join()
    sys.stdout.writelines(f"{problem}\n" for problem in bag.problems)
    sys.stdout.write(closing_line(bag, options.seed, time.perf_counter() - started) + "\n")
    if not bag.problems and options.only is None:
        shutil.rmtree(folder)
    else:
        sys.stdout.write(f"The files stand in {folder}.\n")
    sys.exit(1 if bag.problems else 0)


def closing_line(bag: Bag, seed: int, seconds: float) -> str:
    """What it all comes to."""
    refused = ", ".join(f"{count:,} {name}" for name, count in sorted(bag.refused.items())) or "none"
    return (
        f"{bag.files:,} files ({bag.whole:,} left whole), {bag.read:,} rows read = {bag.admitted:,} in + "
        f"{bag.quarantined:,} quarantined; refused: {refused}; {bag.imported:,} into a database; "
        f"{len(bag.problems):,} problems; {seconds:,.0f} s; seed {seed}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6))
    parser.add_argument("--only", type=int, metavar="NUMBER", help="that file alone")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    return parser.parse_args()


if __name__ == "__main__":
    main()
