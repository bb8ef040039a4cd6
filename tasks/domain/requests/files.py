"""What may be sent as a file: the closed list of types, names made harmless, and the reasons to refuse a file.

How a file is examined: tasks/requests/inspection/. Texts of the reasons: tasks/translations/, `refused_files`.
May touch: nothing. Tests: tests/unit/requests/test_file_names.py, tests/unit/requests/test_file_types.py.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tasks.domain.errors import RelanceError

# Each type that an item may accept, with the name endings that go with it; the first one is written.
ENDINGS: dict[str, tuple[str, ...]] = {
    "pdf": ("pdf",),
    "jpeg": ("jpeg", "jpg", "jpe", "jfif"),
    "png": ("png",),
    "heic": ("heic", "heif", "hif"),
    "tiff": ("tiff", "tif"),
    "docx": ("docx",),
    "xlsx": ("xlsx",),
    "odt": ("odt",),
    "ods": ("ods",),
    "csv": ("csv",),
    "txt": ("txt",),
}
KINDS = tuple(ENDINGS)
PICTURES = ("jpeg", "png", "heic", "tiff")
# What a picture is kept as, where that is another type: browsers show neither HEIC nor TIFF.
KEPT_AS: dict[str, tuple[str, ...]] = {"heic": ("jpeg",), "tiff": ("jpeg", "pdf")}
# Content cannot tell csv from txt; the name does.
TEXT = "text"
PROGRAMS, SHORTCUT = ("program", "script"), "shortcut"
# Types that are recognised only to name them in a refusal.
OTHER_KINDS = (
    *PROGRAMS, SHORTCUT, "html", "svg", "xml", "archive", "old_office", "other_office", "other_picture", "video",
    "audio", "rtf", "postscript", "unknown",
)  # fmt: skip
PROGRAM_ENDINGS = frozenset({
    "apk", "app", "appx", "bat", "bin", "chm", "cmd", "com", "command", "cpl", "dll", "dmg", "elf", "exe", "gadget",
    "hta", "inf", "jar", "js", "jse", "jsp", "lib", "msc", "msi", "msix", "msp", "mst", "php", "pif", "pl", "ps1",
    "psm1", "py", "rb", "reg", "scf", "scr", "sh", "sys", "vb", "vbe", "vbs", "wasm", "ws", "wsc", "wsf", "wsh",
    "xll",
})  # fmt: skip
SHORTCUT_ENDINGS = frozenset({
    "desktop", "gdoc", "gsheet", "gslides", "icloud", "library", "lnk", "url", "webloc", "website",
})  # fmt: skip

# Why a file is refused, and what the text about it may name.
REFUSALS: dict[str, tuple[str, ...]] = {
    "empty": (),
    "type_not_accepted": ("kind", "accepted"),
    "type_differs_from_name": ("ending", "kind"),
    "is_two_types": ("kind", "other"),
    "not_readable": ("kind",),
    "text_not_readable": (),
    "too_many_pixels": ("limit",),
    "too_many_pages": ("limit",),
    "has_macros": ("kind",),
    "is_archive_bomb": (),
    "is_executable": (),
    "is_shortcut": (),
    "infected": (),
    "too_long_to_examine": (),
}
# What staff should know about a file that is taken; none of them is a reason to refuse it.
NOTES = ("pdf_has_script", "pdf_has_launch", "pdf_has_files", "office_has_files", "csv_has_formulas", "reduced")


class RefusedFile(RelanceError):
    """A file that is not taken.

    Attributes:
        code: why, one of REFUSALS.
        details: what the text about it names: types, endings, limits; never the file's name.
    """

    def __init__(self, code: str, **details: Any) -> None:
        if code not in REFUSALS or set(details) != set(REFUSALS[code]):
            raise ValueError(f"{code} with {sorted(details)} is not a reason to refuse a file")
        named = ", ".join(f"{key}: {_listed(value)}" for key, value in details.items())
        super().__init__(f"The file cannot be taken: {code}{named and f' ({named})'}; ask for another one.")
        self.code = code
        self.details = {key: tuple(value) if isinstance(value, list) else value for key, value in details.items()}


def _listed(value: Any) -> str:
    return ", ".join(value) if isinstance(value, (list, tuple)) else str(value)


def refusal_text(error: RefusedFile, words: Mapping[str, Any]) -> str:
    """What a client reads about a refused file.

    Args:
        error: the refusal.
        words: `refused_files` of the client's language, from tasks/translations/.
    """
    kinds = words["kinds"]
    details = {
        key: ", ".join(kinds[one] for one in value) if isinstance(value, (list, tuple)) else kinds.get(value, value)
        for key, value in error.details.items()
        if key != "ending"
    }
    return str(words[error.code]).format(**{"ending": error.details.get("ending"), **details})


def accepted_kinds(accept: Iterable[str]) -> tuple[str, ...]:
    """The types that an item takes.

    Args:
        accept: of the item, types or name endings; empty for all types.
    """
    endings = {one.lower().lstrip(".") for one in accept}
    return tuple(kind for kind in KINDS if not endings or endings & {kind, *ENDINGS[kind]})


def check_kind(found: str, ending: str, accepted: Sequence[str]) -> str:
    """The type of a file, by its content, if its name agrees and the item takes it.

    Args:
        found: the type by content: one of KINDS, TEXT or OTHER_KINDS.
        ending: of its name, small letters without the dot; empty if it has none.
        accepted: the types that the item takes.

    Raises:
        RefusedFile: its name says another type, or the item does not take it.
    """
    if found == SHORTCUT or ending in SHORTCUT_ENDINGS:
        raise RefusedFile("is_shortcut")
    if found in PROGRAMS or ending in PROGRAM_ENDINGS:
        raise RefusedFile("is_executable")
    kind = _text_kind(ending) if found == TEXT else found
    named = kind_of_ending(ending)
    # iPhones and mail programs rename HEIC to .jpg without changing the content.
    is_renamed_photo = (kind, named) == ("heic", "jpeg")
    if (named or kind in KINDS) and ending and named != kind and not is_renamed_photo:
        raise RefusedFile("type_differs_from_name", ending=ending, kind=found)
    if not {kind, *KEPT_AS.get(kind, ())} & set(accepted):
        raise RefusedFile("type_not_accepted", kind=kind, accepted=tuple(accepted))
    return kind


def _text_kind(ending: str) -> str:
    return "csv" if ending == "csv" else "txt"


def kind_of_ending(ending: str) -> str | None:
    """The type that a name ending stands for, if it is one that may be sent."""
    return next((kind for kind, endings in ENDINGS.items() if ending in endings), None)


LONGEST_NAME = 120
# Most file systems hold names of 255 bytes; what staff save has the task and the item before the name.
LONGEST_NAME_BYTES = 180
NAMELESS = "document"
ENDING = re.compile(r"\.([a-z0-9]{1,5}|command|desktop|gslides|icloud|library|webloc|website)$", re.IGNORECASE)
NOT_IN_NAMES = re.compile(r'[<>:"|?*]')
DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Letters and marks that show nothing: fillers, joiners, variation selectors, the braille blank.
INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?= *(?:\.|$))", re.IGNORECASE)


def clean_name(name: str) -> str:
    """A file's name as it is stored and shown: one part, visible characters only, valid on every system.

    Args:
        name: as the client's device wrote it.
    """
    visible = "".join(c for c in name if unicodedata.category(c) not in DROPPED_CATEGORIES)
    whole = unicodedata.normalize("NFC", INVISIBLE.sub("", visible))
    parts = (_tidy(part) for part in reversed(re.split(r"[/\\]", whole)))
    return _shortened(next((part for part in parts if part), NAMELESS))


def _tidy(part: str) -> str:
    plain = NOT_IN_NAMES.sub("_", re.sub(r"\s+", " ", part)).strip(". ")
    return f"_{plain}" if RESERVED.match(plain) else plain


def _shortened(name: str) -> str:
    found = ENDING.search(name)
    ending = found.group() if found else ""
    stem = name.removesuffix(ending)
    while len(stem + ending) > LONGEST_NAME or len((stem + ending).encode()) > LONGEST_NAME_BYTES:
        stem = stem[:-1].rstrip(". ")
    return stem + ending


def ending_of(name: str) -> str:
    """A name's ending in small letters without the dot; empty if it has none; a number is none."""
    found = ENDING.search(name)
    return found.group(1).lower() if found and not found.group(1).isdecimal() else ""


def name_for(name: str, kind: str) -> str:
    """A clean name with an ending of the type that is kept: IMG_1.heic kept as jpeg is IMG_1.jpeg."""
    ending = ending_of(name)
    if ending in ENDINGS[kind]:
        return name
    stem = name[: -len(ending) - 1] if kind_of_ending(ending) else name
    return clean_name(f"{stem.rstrip('. ') or NAMELESS}.{ENDINGS[kind][0]}")
