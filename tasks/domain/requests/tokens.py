"""Tokens of page links, and codes: derived from a key, so that the database need not hold them (D1).

May touch: nothing. Tests: tests/unit/requests/test_tokens.py.
"""

import hmac
from hashlib import sha256

# Base58: no letters that look alike, and no sign at which a mail program ends a link.
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
TOKEN_LENGTH = 44  # of 256 bits
CODE_DIGITS = 6


def derive_token(key: bytes, purpose: str, *parts: object) -> str:
    """The token for a purpose and the parts that it stands for: always the same, and unknown to who lacks the key."""
    number = int.from_bytes(_derive(key, purpose, parts), "big")
    letters = []
    for _ in range(TOKEN_LENGTH):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(reversed(letters))


def derive_code(key: bytes, *parts: object) -> str:
    """The code of six digits for these parts."""
    number = int.from_bytes(_derive(key, "code", parts), "big")
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def token_hash(token: str) -> str:
    """What is stored of a token, to find it by."""
    return sha256(token.encode()).hexdigest()


def is_same(given: str, known: str) -> bool:
    """Whether two secrets are the same, in a time that does not tell how much of them is."""
    return hmac.compare_digest(given.encode(), known.encode())


def _derive(key: bytes, purpose: str, parts: tuple[object, ...]) -> bytes:
    # Each part with its length: no two lists of parts are written the same.
    texts = [str(part) for part in (purpose, *parts)]
    return hmac.new(key, "".join(f"{len(text)}:{text}" for text in texts).encode(), sha256).digest()
