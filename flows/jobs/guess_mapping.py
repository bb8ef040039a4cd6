"""Propose a profile for a file, and name those of the home and of the product that read it already.

May touch: files, tasks/intake/guess.py. Tests: tests/integration/intake/test_guess.py,
tests/integration/intake/test_guess_bytes.py.
"""

from pathlib import Path

from flows.home.copy import HOMES
from flows.home.errors import SettingsError
from flows.home.settings import Settings
from tasks.domain.definitions.profile import Profile
from tasks.domain.definitions.yaml_models import DefinitionError, parse_model
from tasks.domain.intake.guess.known_titles import KnownTitles
from tasks.intake.guess import Guess, guess_bytes
from tasks.intake.readers.read_file import bytes_of

FOLDER = "mappings"


def run_guess(file: Path, kind: str | None, name: str | None, known: KnownTitles | None = None) -> tuple[str, str]:
    """The name and the YAML text of a profile proposed for a file; the arguments are those of `guess_file`."""
    guess = guess_file(file, kind, name, known=known)
    return guess.name, guess.text


def guess_file(
    file: Path, kind: str | None, name: str | None, *, home: Path | None = None, known: KnownTitles | None = None
) -> Guess:
    """Propose a profile for a file.

    Args:
        file: the export.
        kind: of its rows; by default what its titles and cells say.
        name: of the profile; by default after the file.
        home: whose profiles may read the file already.
        known: what is known of titles; by default all that the product knows.

    Raises:
        UnreadableFile: the file cannot be read, or no header is found among its first records.
    """
    own, problems = profiles_in(home / FOLDER) if home else ([], [])
    shipped, _ = profiles_in(HOMES / "starter" / FOLDER)
    return guess_bytes(
        file.name,
        bytes_of(file),
        kind=kind,
        name=name,
        known=known,
        profiles=[*own, *shipped],
        own={profile.mapping for profile in own},
        doubts=[f"{problem}; it is not compared with this file." for problem in problems],
    )


def profiles_in(folder: Path) -> tuple[list[Profile], list[str]]:
    """The profiles of a folder, and what is wrong with the others: a guess needs no home in order."""
    found, problems = list[Profile](), list[str]()
    for path in sorted(folder.glob("*.yaml")):
        try:
            found.append(parse_model(Profile, path.read_text(encoding="utf-8"), f"{FOLDER}/{path.name}"))
        except DefinitionError as error:
            problems.append(str(error).splitlines()[0].rstrip("."))
        except (OSError, UnicodeDecodeError):
            problems.append(f"{FOLDER}/{path.name} cannot be read")
    return found, problems


def write_profile(settings: Settings, name: str, text: str) -> Path:
    """Write a profile into the home.

    Raises:
        SettingsError: a profile of that name exists, or the folder cannot be written.
    """
    path = settings.home / FOLDER / f"{name}.yaml"
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise SettingsError(f"{path} is there already; choose another name with --name.") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written: {error.strerror}.") from None
    return path
