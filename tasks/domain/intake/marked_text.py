"""The text of a small file written by hand, with or without a byte order mark.

May touch: nothing. Tests: tests/unit/intake/test_marked_text.py.
"""

import codecs

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # PowerShell's `echo KEY > FILE`


def text_of(data: bytes) -> str:
    """Decode the text and remove the mark.

    Raises:
        UnicodeDecodeError: it is neither UTF-8 nor UTF-16 with a mark.
    """
    return data.decode("utf-16" if data.startswith(UTF_16) else "utf-8-sig")
