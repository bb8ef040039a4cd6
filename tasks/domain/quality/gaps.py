"""Progress: what changed in the firm's data between two runs, over whole columns.

A gap is a relation × schedule that is blocked by the firm's data, from the first run that found it to the first run
that looked for it and did not find it.
May touch: numpy, pandas. Tests: tests/unit/reporting/test_gaps.py.
"""

from datetime import date

import pandas as pd

from tasks.domain import frames
from tasks.domain.quality.criteria import share_met

DAYS_BACK = 7
POINTS_SHOWN = 30
GAP = ["relation_id", "template", "schedule"]


def compared_with(scored_on: pd.Series, as_of: date) -> pd.Timestamp | None:
    """The date to compare with: the last one scored at least a week ago, else the first one since; None if none."""
    today = pd.Timestamp(as_of)
    earlier = scored_on[scored_on < today]
    if earlier.empty:
        return None
    old = earlier[earlier <= today - frames.days(DAYS_BACK)]
    return pd.Timestamp(earlier.min() if old.empty else old.max())


def compare_scores(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Each criterion's share next to an earlier one.

    Args:
        now: one row per criterion, with share (`summarise`).
        before: criterion, met, not_met of the earlier date; criteria no longer in use are dropped.

    Returns:
        criterion, share, share_before and difference, which is missing if either share is.
    """
    shares = before.assign(share_before=share_met(before["met"], before["not_met"]))[["criterion", "share_before"]]
    merged = now[["criterion", "share"]].merge(shares, on="criterion", how="left", validate="one_to_one")
    return merged.assign(difference=(merged["share"] - merged["share_before"]).round(3))


def trend(history: pd.DataFrame, now: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The share of each current criterion on the last dates that were scored; today's comes from `now`.

    Args:
        history: one row per date and criterion: scored_on, criterion, met, not_met.
        now: one row per criterion, with share (`summarise`).
        as_of: today.

    Returns:
        criterion, scored_on, share, for at most POINTS_SHOWN dates; by criterion as in `now`, then by date. A criterion
        that applied to no relation on a date has no row for it.
    """
    today = pd.Timestamp(as_of)
    days = history.loc[history["scored_on"] < today, "scored_on"].drop_duplicates().nlargest(POINTS_SHOWN - 1)
    kept = history.loc[history["scored_on"].isin(days)]
    earlier = kept.assign(share=share_met(kept["met"], kept["not_met"]))
    present = now.assign(scored_on=pd.Series(today, index=now.index, dtype=frames.DATE))
    columns = ["criterion", "scored_on", "share"]
    points = pd.concat([part[columns] for part in (earlier, present) if not part.empty] or [present[columns]])
    place = {criterion: i for i, criterion in enumerate(now["criterion"])}
    asked = points.loc[points["criterion"].isin(list(place)) & points["share"].notna()]
    order = asked.assign(place=asked["criterion"].map(place)).sort_values(["place", "scored_on"], ignore_index=True)
    return order[columns]


def gaps_found(to_correct: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Gaps as if they opened today: one row per relation × schedule, even for several missions with that schedule."""
    found = to_correct[[*GAP, "reason"]].drop_duplicates(GAP, ignore_index=True)
    return found.assign(since_on=pd.Series(pd.Timestamp(as_of), index=found.index, dtype=frames.DATE))


def note_gaps(known: pd.DataFrame, found: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Gaps as a complete run would record them; for a report between runs, which writes nothing.

    The twin of sql/queries/{update,close,insert}_gaps.sql; a test holds them equal.

    Args:
        known: frames.GAPS, as recorded.
        found: `gaps_found`.
        as_of: today.
    """
    today = pd.Timestamp(as_of)
    closed = known.loc[known["mended_on"].notna()]
    still = known.loc[known["mended_on"].isna()].drop(columns="reason")
    seen = still.merge(found[[*GAP, "reason"]], on=GAP, how="left", validate="one_to_one")
    last_reason = known.loc[known["mended_on"].isna(), "reason"].reset_index(drop=True)
    is_gone = seen["reason"].isna()
    mended_on = seen["mended_on"].mask(is_gone, seen["since_on"].where(seen["since_on"] > today, today))
    seen = seen.assign(reason=seen["reason"].fillna(last_reason), mended_on=mended_on)
    fresh = found.merge(still[GAP], on=GAP, how="left", indicator=True, validate="one_to_one")
    fresh = fresh.loc[fresh["_merge"] == "left_only"]
    fresh = fresh.assign(mended_on=pd.Series(pd.NaT, index=fresh.index, dtype=frames.DATE))
    parts = [part[list(frames.GAPS)] for part in (closed, seen, fresh) if not part.empty]
    return pd.concat(parts, ignore_index=True) if parts else frames.empty(frames.GAPS)


def with_since(to_correct: pd.DataFrame, gaps: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Add to each relation's gap the date since which it exists; today if no run has recorded it."""
    is_open = gaps["mended_on"].isna()
    since = gaps.loc[is_open, [*GAP, "since_on"]]
    merged = to_correct.merge(since, on=GAP, how="left", validate="many_to_one")
    return merged.assign(since_on=merged["since_on"].fillna(pd.Timestamp(as_of)))


def between(gaps: pd.DataFrame, column: str, after: pd.Timestamp, as_of: date) -> pd.DataFrame:
    """Gaps whose `column` (since_on, mended_on) is after the first date and not after the second; latest first."""
    found = gaps.loc[(gaps[column] > after) & (gaps[column] <= pd.Timestamp(as_of))]
    return found.sort_values([column, *GAP], ascending=[False, True, True, True], ignore_index=True)
