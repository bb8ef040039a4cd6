"""The front door: `python -m flows` in the repository, `relance` where the wheel is installed.

In a wheel the rooms lie under one roof (`relance/flows`, `relance/tasks`, …), so that no generic name reaches
site-packages. Putting that roof first on this process's own path makes the imports read the same in both places.
"""

import sys
from pathlib import Path

ROOF = str(Path(__file__).resolve().parents[1])


def main() -> None:
    """Open the house and hand over to the command line."""
    if ROOF not in sys.path:
        sys.path.insert(0, ROOF)
    from flows.cli import relance

    relance()


if __name__ == "__main__":
    main()
