"""The secret from which page links are derived (D1): from the environment, else the home's web.key.

That file is made on its first use. The secret is not in the database: a copy of the database, or a backup of it, opens
no page. Who loses it has lost all links that were sent; the next message to each client carries a new one.
May touch: the home's web.key, randomness. Tests: tests/unit/requests/test_web_key.py.
"""

import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from flows.home.environment import Environment
from flows.home.errors import SettingsError

FILE = "web.key"
SHORTEST = 32  # characters


def given_key(variables: Environment) -> SecretStr | None:
    """The key that the environment gives; None if it gives none.

    Raises:
        SettingsError: its file cannot be read, or the key is too short.
    """
    key, file = variables.web_key.get_secret_value().strip(), variables.web_key_file
    if not key and file is None:
        return None
    name = "RELANCE_WEB_KEY" if key else "RELANCE_WEB_KEY_FILE"
    if not key and file is not None:
        key = _read(file, name)
    return SecretStr(_checked(key, name))


def key_of(home: Path, given: SecretStr | None) -> bytes:
    """The key of a home; its file is made if there is none.

    Raises:
        SettingsError: the file cannot be read or written, or is too short.
    """
    if given is not None:
        return given.get_secret_value().encode()
    file = home / FILE
    if not file.exists():
        _make(file)
    return _checked(_read(file, FILE), FILE).encode()


def _make(file: Path) -> None:
    # Written whole under another name first: two processes that both make it agree on one of the two.
    new = file.with_name(f".{FILE}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(secrets.token_hex(32) + "\n")
            opened.flush()
            os.fsync(opened.fileno())
        try:
            os.link(new, file)
        except FileExistsError:
            pass
        finally:
            new.unlink()
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be written: {error.strerror}. It holds the secret of all page links."
        ) from None


def _read(file: Path, name: str) -> str:
    try:
        return file.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}: {file} cannot be read: {error}.") from None


def _checked(key: str, name: str) -> str:
    if len(key) < SHORTEST:
        raise SettingsError(
            f"{name} is shorter than {SHORTEST} characters; write a longer secret, such as 64 hex digits."
        )
    return key
