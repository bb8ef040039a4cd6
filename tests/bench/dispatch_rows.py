"""The lines of dispatch: mails a minute, memory, and where the time goes."""

from typing import Any

from tests.bench.row import Row, in_seconds, verdict

MAILS_A_MINUTE = 50_000
DISPATCH_MB = 300
SHARE_OF_ITS_OWN = 0.30


def dispatch_rows(found: dict[str, Any]) -> list[Row]:
    """`delivered`, `composed`, and what was measured beside them."""
    return [
        *_speed(found),
        *_kind(found["delivered"], "dispatch", "outside waiting"),
        *_kind(found["composed"], "compose and dispatch", "outside rendering and waiting"),
    ]


def _speed(found: dict[str, Any]) -> list[Row]:
    ours, stock, bare = found["delivered"], found["stock"], found["bare"]
    said = f"dispatch of {ours['mails']:,} mails, {ours['lost']:,} of them fenced and sent again"
    return [
        Row(
            f"{said}, mails a minute",
            f"{_a_minute(ours):,.0f}",
            f"{_a_minute(stock):,.0f} stock client, of {stock['mails']}",
            f"{_a_minute(ours) / _a_minute(stock):,.0f}",
            f"{MAILS_A_MINUTE:,}",
            verdict(MAILS_A_MINUTE, _a_minute(ours)),
        ),
        Row(
            f"  beside its {bare['requests']:,} requests with ready bodies",
            in_seconds(ours["seconds"]),
            f"{in_seconds(bare['seconds'])} bare",
            f"{ours['seconds'] / bare['seconds']:.2f}",
        ),
        Row(
            f"compose and dispatch, mails a minute ({in_seconds(found['composed']['composing'])} composing)",
            f"{_a_minute(found['composed']):,.0f}",
        ),
    ]


def _kind(ours: dict[str, Any], what: str, where: str) -> list[Row]:
    seconds, away = ours["seconds"], ours["waiting"] + ours["rendering"]
    share = 1 - away / seconds
    spent = f"{in_seconds(seconds - away)} of {in_seconds(seconds)}"
    return [
        Row(
            f"{what}, time {where} ({spent})",
            f"{share:.0%}",
            limit=f"{SHARE_OF_ITS_OWN:.0%}",
            verdict=verdict(share, SHARE_OF_ITS_OWN),
        ),
        Row(
            f"{what}, peak memory ({ours['before_mb']:,.0f} MB before)",
            f"{ours['peak_mb']:,.0f} MB",
            limit=f"{DISPATCH_MB:,} MB",
            verdict=verdict(ours["peak_mb"], DISPATCH_MB),
        ),
    ]


def _a_minute(measured: dict[str, Any]) -> float:
    return float(measured["mails"] / measured["seconds"] * 60)
