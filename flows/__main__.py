"""The front door: `python -m flows` in the repository, `relance` where the wheel is installed.

In a wheel the rooms lie under one roof (`relance/flows`, `relance/tasks`, …), so that no generic name reaches
site-packages. Putting that roof first on this process's own path makes the imports read the same in both places.
"""

import atexit
import logging
import os
import sys
from pathlib import Path

ROOF = str(Path(__file__).resolve().parents[1])


def main() -> None:
    """Open the house and hand over to the command line."""
    if ROOF not in sys.path:
        sys.path.insert(0, ROOF)
    from flows.cli import relance

    try:
        relance()
    except SystemExit as ended:
        leave(ended.code)


def leave(code: object) -> None:
    """End the process with this code, without running the destructors of C++ libraries.

    Arrow's worker threads are still alive then. A destructor that meets one ends the process with "terminate called
    without an active exception" and exit 134, after the work was done.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no public name for what a normal exit does first
    logging.shutdown()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        pass  # the reader, such as `head`, has gone
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    main()
