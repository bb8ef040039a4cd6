"""Jobs about data that are not acts on it: the quarantined rows as files to correct.

May touch: tasks/intake. Tests: tests/integration/desk/test_desk_data.py.
"""

import io
import tempfile
import zipfile
from pathlib import Path

from flows.home.settings import Settings
from sql.store import Store
from tasks.intake.quarantine_files import write_quarantine


def export_quarantine(settings: Settings, store: Store) -> bytes:
    """The quarantined rows as a ZIP of CSV files, one for each source file, safe to open in a spreadsheet."""
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for written in write_quarantine(store, settings.mappings, Path(folder)):
            archive.write(written.path, written.path.name)
    return packed.getvalue()
