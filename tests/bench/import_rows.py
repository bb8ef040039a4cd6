"""The lines of imports: beside the floor, the same file again, one that differs in a row, and memory."""

from typing import Any

from tests.bench.row import Row, in_seconds, verdict

TIMES_THE_FLOOR = 4.0
SHARE_OF_THE_FIRST = 0.5
IMPORT_MB = 1.2 * 1024
JUDGING_SECONDS = 5.0


def import_rows(found: dict[str, Any]) -> list[Row]:
    """`imported`, `imported_again`, `imported_changed`, and `upserted` beside them."""
    ours, again, changed, floor = (found[f"import{name}"] for name in ("ed", "ed_again", "ed_changed", "_floor"))
    return [
        Row(
            f"import of {ours['read']:,} rows",
            in_seconds(ours["seconds"]),
            f"{in_seconds(floor['seconds'])} typed read and upsert",
            f"{ours['seconds'] / floor['seconds']:.2f}",
            f"{TIMES_THE_FLOOR:g} x",
            verdict(ours["seconds"] / floor["seconds"], TIMES_THE_FLOOR),
        ),
        _beside_the_first("the same file again", again, ours, SHARE_OF_THE_FIRST),
        _beside_the_first(f"one with {changed['changed']:,} row changed", changed, ours, None),
        Row(
            "  its validation",
            in_seconds(ours["judging"]),
            limit=in_seconds(JUDGING_SECONDS),
            verdict=verdict(ours["judging"], JUDGING_SECONDS),
        ),
        Row(
            f"  its peak memory ({ours['before_mb']:,.0f} MB before)",
            f"{ours['peak_mb']:,.0f} MB",
            f"{floor['peak_mb']:,.0f} MB typed read and upsert",
            limit=f"{IMPORT_MB:,.0f} MB",
            verdict=verdict(max(ours["peak_mb"], changed["peak_mb"]), IMPORT_MB),
        ),
    ]


def _beside_the_first(what: str, ours: dict[str, Any], first: dict[str, Any], limit: float | None) -> Row:
    share = ours["seconds"] / first["seconds"]
    return Row(
        f"  {what}",
        in_seconds(ours["seconds"]),
        f"{in_seconds(first['seconds'])} the first",
        f"{share:.2f}",
        "" if limit is None else f"{limit:g} x",
        "" if limit is None else verdict(share, limit),
    )
