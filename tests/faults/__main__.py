"""`python -m tests.faults`: carry out all scenarios on both databases, print the table; 1 where a mail went astray.

Each kind of database has a process of its own, so that two cores are busy.
"""

import argparse
import dataclasses
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import SystemRandom

from tests.faults.broken import BREAKAGES
from tests.faults.databases import KINDS
from tests.faults.table import print_table, problems
from tests.faults.worker import Result, Task, run, scenarios_on

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Read the command line; prove, or say what is amiss."""
    options = _options()
    if options.task:
        return _work(Task(**json.loads(options.task)), options.folder)
    started = time.perf_counter()
    folder = Path(tempfile.mkdtemp(prefix="relance-faults-"))
    results = _all(_tasks(options), folder)
    print_table(results, options.seed, time.perf_counter() - started)
    amiss = problems(results)
    sys.stderr.writelines(f"{problem}\n" for problem in amiss)
    if not amiss:
        shutil.rmtree(folder)
    return sys.exit(1 if amiss else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=2000, help="of all scenarios together")
    parser.add_argument("--mails", type=int, default=200_000, help="of all scenarios together")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6))
    parser.add_argument("--only", default="", metavar="SCENARIO", help="its number, or its whole name")
    parser.add_argument("--database", choices=KINDS)
    parser.add_argument("--broken", choices=BREAKAGES, default="", help="break the product so, to see the proof fail")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _tasks(options: argparse.Namespace) -> list[Task]:
    """A task for each kind of database; kills and mails evenly over everything that is carried out."""
    kinds = [options.database] if options.database else KINDS
    found = {kind: scenarios_on(kind, options.only) for kind in kinds}
    runs = sum(map(len, found.values()))
    if not runs:
        raise SystemExit(f"There is no scenario {options.only!r} there.")
    kills, mails = -(-options.kills // runs), -(-options.mails // runs)
    return [Task(kind, names, kills, mails, options.seed, options.broken) for kind, names in found.items() if names]


def _all(tasks: list[Task], folder: Path) -> list[Result]:
    """The tasks' results, each task in a process of its own; what they say on the way goes to standard error."""
    workers = []
    for task in tasks:
        words = ["--task", json.dumps(dataclasses.asdict(task)), "--folder", str(folder / task.kind)]
        command = [sys.executable, "-m", "tests.faults", *words]
        workers.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
    said = [worker.communicate()[0] for worker in workers]
    if any(worker.returncode for worker in workers):
        raise SystemExit(f"The proof itself broke; see above, and {folder}.")
    return [Result(**json.loads(line)) for lines in said for line in lines.splitlines()]


def _work(task: Task, folder: Path) -> None:
    """Be a worker: a line of JSON for each scenario."""
    folder.mkdir(parents=True)
    for result in run(task, folder):
        sys.stdout.write(json.dumps(dataclasses.asdict(result)) + "\n")
        sys.stdout.flush()
        verdict = "amiss" if result.problems else "good"
        sys.stderr.write(f"{result.scenario}, {task.kind}: {result.kills} kills, {result.seconds:.1f} s: {verdict}\n")


if __name__ == "__main__":
    main()
