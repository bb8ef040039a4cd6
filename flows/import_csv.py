"""The Prefect flow that imports a file on the worker's machine into the database.

May touch: prefect. Tests: tests/end_to_end/test_flows.py.
"""

from datetime import date
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger

from flows.jobs.imports import run_import
from flows.prefect_ui import day_of, opened_home, run_name, show_table
from tasks.domain.definitions.kinds import KindName
from tasks.intake.gate_and_write import ImportOptions

COUNTED = ("read", "new", "changed", "unchanged", "quarantined", "left_out", "made_former")


@flow(name="import-csv", flow_run_name=run_name, persist_result=False)
def import_csv(
    kind: KindName,
    file: str,
    mapping: str | None = None,
    preview: bool = False,
    full: bool = False,
    accept_drop: bool = False,
    as_of: date | None = None,
    home: str | None = None,
) -> dict[str, Any]:
    """Import a file. Bad rows are quarantined with a reason, the others written. Importing it again changes nothing.

    Args:
        kind: The kind of data in the file.
        file: Its path on the machine that runs this; a relative path starts from the firm's folder.
        mapping: The profile in mappings/ that says what its columns mean. Empty: Relance's own columns.
        preview: Show what would happen to the rows, and write nothing.
        full: The file holds every relation of its source; relations that are missing from it become former.
        accept_drop: Accept the file even if more rows have disappeared than the gate allows.
        as_of: The date of the import. Empty: today in the firm's time zone.
        home: The firm's folder. Empty: RELANCE_HOME, else the folder the worker runs in.
    """
    with opened_home(home) as (settings, store):
        path = settings.home / Path(file)
        terms = ImportOptions(is_full=full, accepts_drop=accept_drop, is_preview=preview)
        imported = run_import(settings, store, kind, path, mapping, day_of(settings, as_of), terms)
        result = imported.admission.to_json() | {"preview": preview, "closed": imported.closed}
        counts = [{"what": name.replace("_", " "), "number": result[name]} for name in COUNTED]
        title = f"{settings.firm.name}: {kind} from {path.name}{', a preview' if preview else ''}"
        show_table("import", counts, title)
    get_run_logger().info("%s: %s", path.name, ", ".join(f"{row['number']} {row['what']}" for row in counts))
    return result
