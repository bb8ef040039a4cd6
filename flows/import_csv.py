"""An import from the Prefect UI: a file on the worker's machine into the database.

May touch: prefect. Tests: tests/end_to_end/test_flows.py.
"""

from datetime import date
from pathlib import Path
from typing import Any, Literal

from prefect import flow, get_run_logger

from flows.jobs.imports import run_import
from flows.prefect_ui import day_of, opened_home, run_name, show_table
from tasks.intake.gate_and_write import ImportOptions

COUNTED = ("read", "new", "changed", "unchanged", "quarantined", "left_out", "made_former")


@flow(name="import-csv", flow_run_name=run_name, persist_result=False)
def import_csv(
    kind: Literal["relations", "users", "missions", "mission_services", "activities"],
    file: str,
    mapping: str | None = None,
    preview: bool = False,
    full: bool = False,
    accept_drop: bool = False,
    as_of: date | None = None,
    home: str | None = None,
) -> dict[str, Any]:
    """Read a file. Bad rows are set aside with a reason, the rest goes in; the same file twice changes nothing.

    Args:
        kind: What its rows are.
        file: Its path on the machine that runs this; a relative one starts from the firm's folder.
        mapping: The profile of mappings/ that says what its columns mean. Empty: Relance's own columns.
        preview: Say what would become of the rows, and write nothing.
        full: The file holds every relation of its source; those that it no longer holds become former.
        accept_drop: Let it through although more rows are gone than the gate allows.
        as_of: The day of the import. Empty: today in the firm's time zone.
        home: The firm's folder. Empty: RELANCE_HOME, else the folder the worker runs in.
    """
    with opened_home(home) as (settings, store):
        path = settings.home / Path(file)
        terms = ImportOptions(is_full=full, accepts_drop=accept_drop, is_preview=preview)
        imported = run_import(settings, store, kind, path, mapping, day_of(settings, as_of), terms)
        told = imported.admission.to_json() | {"preview": preview, "closed": imported.closed}
        counts = [{"what": name.replace("_", " "), "number": told[name]} for name in COUNTED]
        title = f"{settings.firm.name}: {kind} from {path.name}{', a preview' if preview else ''}"
        show_table("import", counts, title)
    get_run_logger().info("%s: %s", path.name, ", ".join(f"{row['number']} {row['what']}" for row in counts))
    return told
