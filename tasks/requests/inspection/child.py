"""What runs in the process that examines a file: limits first, then one task, then its result as JSON.

Started by tasks/requests/inspection/examine.py; imports neither pandas nor a database.
May touch: the file and its target. Tests: tests/integration/requests/inspection/test_limits.py.
"""

import contextlib
import json
import resource
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tasks.domain.requests.files import RefusedFile, accepted_kinds, check_kind

# Private memory bounds what is resident; the address space also holds libraries and mapped files.
MOST_MEMORY, MOST_ADDRESSES = 180_000_000, 600_000_000
MOST_SECONDS, MOST_WRITTEN, MOST_OPEN = 8, 64_000_000, 32
LIMITS = {
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_DATA: MOST_MEMORY,
    resource.RLIMIT_AS: MOST_ADDRESSES,
    resource.RLIMIT_CPU: MOST_SECONDS,
    resource.RLIMIT_FSIZE: MOST_WRITTEN,
    resource.RLIMIT_NOFILE: MOST_OPEN,
}
Result = dict[str, Any]


def main(task: str) -> None:
    """Do one task and print its result.

    Args:
        task: JSON with `do`, and that function's arguments.
    """
    for limit, value in LIMITS.items():
        resource.setrlimit(limit, (value, value))
    wanted = json.loads(task)
    try:
        result = TASKS[wanted["do"]](wanted)
    except RefusedFile as refused:
        result = {"refused": refused.code, "details": refused.details}
    except MemoryError:
        result = _out_of_memory(wanted)
    except RecursionError:
        result = {"refused": "too_long_to_examine", "details": {}}
    sys.stdout.write(json.dumps(result | {"used": _used()}))


def _used() -> dict[str, float]:
    """Peak memory in bytes and seconds of the processor.

    ru_maxrss is not asked where /proc is: Linux starts it at what the parent had.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    peak = usage.ru_maxrss * 1024
    with contextlib.suppress(OSError):
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        peak = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), peak)
    return {"memory": peak, "seconds": round(usage.ru_utime + usage.ru_stime, 3)}


def _out_of_memory(wanted: Mapping[str, Any]) -> Result:
    """A picture that does not fit is sent again with fewer pixels; with anything else the client can do nothing."""
    from tasks.requests.inspection.pictures import MOST_PIXELS_ANYWHERE, too_large
    from tasks.requests.inspection.signatures import kind_of

    with contextlib.suppress(RefusedFile, MemoryError):
        if wanted["do"] == "combine" or kind_of(Path(wanted["path"])) in ("jpeg", "png", "heic", "tiff"):
            refused = too_large(MOST_PIXELS_ANYWHERE)
            return {"refused": refused.code, "details": refused.details}
    return {"refused": "too_long_to_examine", "details": {}}


def _inspect(wanted: Mapping[str, Any]) -> Result:
    from tasks.requests.inspection.signatures import kind_of

    path, target, ending = Path(wanted["path"]), Path(wanted["target"]), wanted["ending"]
    accepted = accepted_kinds(wanted["accept"])
    kind = check_kind(_text_if_named_so(kind_of(path, ending), ending), ending, accepted)
    result: Result = {"found": kind, "kept": kind, "notes": (), "is_unscannable": False, "pages": None}
    if kind == "pdf":
        from tasks.requests.inspection.pdf_files import examine_pdf

        notes, is_locked, pages = examine_pdf(path)
        return result | {"notes": notes, "is_unscannable": is_locked, "pages": pages}
    if kind in ("csv", "txt"):
        from tasks.requests.inspection.texts import examine_text

        return result | {"notes": examine_text(path, kind)}
    if kind in ("docx", "xlsx", "odt", "ods"):
        from tasks.requests.inspection.office import examine_office

        notes, is_locked = examine_office(path, kind)
        return result | {"notes": notes, "is_unscannable": is_locked}
    from tasks.requests.inspection.pictures import encode_again

    kept, notes, pages = encode_again(path, kind, target, accepted=accepted)
    return result | {"kept": kept, "notes": notes, "pages": pages, "is_new": True}


def _text_if_named_so(found: str, ending: str) -> str:
    """A text with NUL bytes is recognised as nothing; as it is named a text, it is refused as unreadable."""
    return "text" if found == "unknown" and ending in ("csv", "txt") else found


def _combine(wanted: Mapping[str, Any]) -> Result:
    from tasks.requests.inspection.pictures import combine

    pages = combine([Path(path) for path in wanted["paths"]], Path(wanted["target"]))
    return {"found": "pdf", "kept": "pdf", "notes": (), "is_unscannable": False, "pages": pages, "is_new": True}


TASKS: dict[str, Callable[[Mapping[str, Any]], Result]] = {"inspect": _inspect, "combine": _combine}
