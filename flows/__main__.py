"""The entry point: `python -m flows` in the repository, `relance` where the wheel is installed.

In a wheel the packages are installed inside one package (`relance/flows`, `relance/tasks`, …), so that no generic name
ends up in site-packages. Putting that directory first on sys.path makes the same imports work in both places.
"""

import atexit
import logging
import os
import sys
from pathlib import Path

ROOF = str(Path(__file__).resolve().parents[1])


def main() -> None:
    """Put the import root on sys.path and run the command line."""
    if ROOF not in sys.path:
        sys.path.insert(0, ROOF)
    from flows.cli import relance

    try:
        relance()
    except SystemExit as ended:
        leave(ended.code)


def leave(code: object) -> None:
    """End the process with this code, without running the destructors of C++ libraries.

    Arrow's worker threads may still be running at that point. A destructor that meets one aborts the process with
    "terminate called without an active exception" and exit code 134, although the work was done.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no public name for what a normal exit does first
    logging.shutdown()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        pass  # stdout was closed early, e.g. by `head`
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    main()
