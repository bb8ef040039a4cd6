"""One measurement in a process of its own: `python -m tests.bench.measure PHASE PATH …`, JSON on its last line.

A process that starts another hands it the peak of its own memory (Linux keeps it across exec), so whoever
starts these must stay small.
"""

import json
import resource
import sys
from pathlib import Path

KILOBYTES_A_MEGABYTE = 1024
PHASES = {
    "firm": "tests.bench.firm:make_firm",
    "read": "tests.bench.floors:read",
    "judge": "tests.bench.floors:judge",
    "insert": "tests.bench.floors:insert",
    "render": "tests.bench.floors:render",
    "night": "tests.bench.ours:night",
    "again": "tests.bench.ours:again",
    "planning": "tests.bench.ours:planning",
    "validation": "tests.bench.ours:validation",
    "missions": "tests.bench.missions:planned",
    "missions_adjusted": "tests.bench.missions:adjusted",
    "missions_chunked": "tests.bench.missions:chunked",
    "missions_polars": "tests.bench.missions_beside:in_polars",
    "missions_duckdb": "tests.bench.missions_beside:in_duckdb",
    "missions_loops": "tests.bench.missions_beside:in_loops",
    "requests": "tests.bench.requests:make_requests",
    "reminders": "tests.bench.requests:planned",
    "reminders_scanned": "tests.bench.requests:scanned",
    "fields": "tests.bench.updates:make_fields",
    "updates": "tests.bench.updates:planned",
    "activities": "tests.bench.activities:make_activities",
    "activities_due": "tests.bench.activities:found",
    "activities_scanned": "tests.bench.activities:scanned",
    "delivered": "tests.bench.dispatch:delivered",
    "composed": "tests.bench.dispatch:composed",
    "stock": "tests.bench.dispatch:stock",
    "bare": "tests.bench.dispatch:bare",
    "export": "tests.bench.imports:export",
    "export_changed": "tests.bench.imports:export_changed",
    "imported": "tests.bench.imports:imported",
    "upserted": "tests.bench.imports:upserted",
    "read_file": "tests.bench.reading:read_file",
    "read_ragged": "tests.bench.reading:read_file",
    "read_pandas": "tests.bench.reading:read_pandas",
    "read_arrow": "tests.bench.reading:read_arrow",
}


def peak_mb() -> float:
    """Peak resident memory of this process so far, in MB of 1024 × 1024 bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    in_kilobytes = peak / 1024 if sys.platform == "darwin" else peak  # getrusage(2): bytes there, kilobytes here
    return in_kilobytes / KILOBYTES_A_MEGABYTE


def main() -> None:
    """Run the phase that the command line names; it may name its own peak, taken before it looked at what it did."""
    from importlib import import_module

    phase, *words = sys.argv[1:]
    module, _, function = PHASES[phase].partition(":")
    arguments = [int(word) if word.isdigit() else Path(word) for word in words]
    found = getattr(import_module(module), function)(*arguments)
    sys.stdout.write("\n" + json.dumps({"peak_mb": peak_mb()} | found) + "\n")


if __name__ == "__main__":
    main()
