"""The feed gate: reasons to reject a whole feed before any of it is written (Q3).

May touch: nothing. Tests: tests/unit/intake/test_gate.py.
"""

from dataclasses import dataclass

from tasks.domain.definitions.firm import Gate
from tasks.domain.errors import RelanceError

# Below this number a share means nothing: two of three rows gone may be a correction, two thousand of three an error.
ROWS_THAT_MAKE_A_SHARE = 10


class GateStopped(RelanceError):
    """The import looks broken; the message says what was found, what was expected and what to do."""


@dataclass(frozen=True)
class FeedFigures:
    """What is known about a feed before it is written. Grain: one feed, one read.

    Attributes:
        feed: its name, as the operator knows it.
        read: rows read.
        bad: rows that would be quarantined.
        last_read: rows of the last good read of this feed, None if this is the first.
        dates: date cells in the rows read, None if the feed has no date column.
        dates_filled: of these, the cells that are not empty.
        known: for a full export, the number of relations imported from it before; None if it is not a full export.
        gone: of these, the number missing from it.
    """

    feed: str
    read: int
    bad: int = 0
    last_read: int | None = None
    dates: int | None = None
    dates_filled: int = 0
    known: int | None = None
    gone: int = 0


def check_feed(figures: FeedFigures, gate: Gate, accepts_drop: bool = False) -> bool:
    """Stop a feed that looks broken.

    Args:
        figures: of the feed.
        gate: the firm's.
        accepts_drop: a person has confirmed that rows may be missing.

    Returns:
        Whether it passes only because a drop was accepted.

    Raises:
        GateStopped: the feed looks broken; the message has the figures.
    """
    drop = _drop(figures, gate)
    problem = _problem(figures, gate) or (None if accepts_drop else drop)
    if problem:
        raise GateStopped(f"{figures.feed}: {problem} Nothing was written and nobody was mailed.")
    return drop is not None


def _drop(f: FeedFigures, gate: Gate) -> str | None:
    if f.last_read and f.last_read >= ROWS_THAT_MAKE_A_SHARE and f.read < f.last_read * (1 - gate.max_row_drop):
        found = f"{f.read:,} rows, where the last good read had {f.last_read:,}"
    elif f.known and f.known >= ROWS_THAT_MAKE_A_SHARE and f.gone > f.known * gate.max_row_drop:
        found = f"{f.gone:,} of the {f.known:,} relations known by it are not in it and would become former"
    else:
        return None
    return (
        f"{found}: more than gate.max_row_drop ({gate.max_row_drop:.0%}) are gone. Check the export; if the drop is "
        "right, import it with --accept-drop, or raise gate.max_row_drop."
    )


def _problem(f: FeedFigures, gate: Gate) -> str | None:
    if f.read == 0:
        return "it holds no rows. Check the export, or import relations first."
    # One bad record stops only itself (Q2), even in a feed of few rows.
    if f.bad > 1 and f.bad > f.read * gate.max_bad_share:
        return (
            f"{f.bad:,} of {f.read:,} rows are bad: more than gate.max_bad_share ({gate.max_bad_share:.0%}). "
            "`relance import --preview` shows them. Correct the export; if the rest should go in all the same, raise "
            "gate.max_bad_share."
        )
    if f.dates and f.dates >= ROWS_THAT_MAKE_A_SHARE and f.dates_filled == 0:
        return f"all {f.dates:,} date cells are empty. Check that the export holds its date columns."
    return None
