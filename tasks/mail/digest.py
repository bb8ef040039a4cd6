"""Digest: one mail that holds the parts of several messages (P4, K1).

Parts are combined as a message leaves, after the last look at the facts (M5): what was answered meanwhile is in none.
What all parts begin and end with, such as a greeting, is said once; a list is each part's own.
May touch: markupsafe, tasks/domain. Tests: tests/unit/mail/test_combine.py, tests/integration/mail/test_digest.py.
"""

from collections.abc import Sequence
from datetime import date
from itertools import takewhile

import pandas as pd
from markupsafe import Markup

from tasks.domain.mail.combine import carriers
from tasks.mail.render import Renderer

DIGEST = "digest"
LISTS = ("- ", "* ", "<ul", "<ol", "<table")


def combine(leaving: pd.DataFrame, renderer: Renderer, *, is_digest: bool, as_of: date) -> pd.DataFrame:
    """Put the bodies of messages that leave in one mail into the one that carries the others.

    Args:
        leaving: the messages that are sent now, with what `carriers` reads, subject, body_text and body_html.
        renderer: for the words around the parts.
        is_digest: whether the firm sends digests.
        as_of: today.

    Returns:
        The same rows with carrier_id: the message that carries this one, missing for those that leave themselves; a
        carrier has the subject and the bodies of the whole. Parts are in the order of their due dates.
    """
    carrier = carriers(leaving, is_digest=is_digest, as_of=as_of)
    combined = leaving.assign(carrier_id=carrier)
    if carrier.isna().all():
        return combined
    combined = combined.astype({"subject": object, "body_text": object, "body_html": object})
    mail = carrier.fillna(leaving["message_id"])
    together = leaving.loc[mail.isin(carrier.dropna())].sort_values(["due_on", "message_id"])
    for _, parts in together.groupby(mail, sort=False):
        whole = _whole(parts, renderer)
        combined.loc[parts["message_id"].idxmin(), ["subject", "body_text", "body_html"]] = whole
    return combined


def _whole(parts: pd.DataFrame, renderer: Renderer) -> list[str]:
    subjects = list(parts["subject"])
    text = _shared([[p for p in body.strip().split("\n\n") if p.strip()] for body in parts["body_text"]])
    html = _shared([_blocks(body) for body in parts["body_html"]])
    language = str(parts["mail_language"].iloc[0])
    merges = []
    for (opening, bodies, closing), glue, safe in ((text, "\n\n", str), (html, "\n", Markup)):
        said = [{"subject": s, "body": safe(glue.join(b))} for s, b in zip(subjects, bodies, strict=True)]
        merges.append({"opening": safe(glue.join(opening)), "closing": safe(glue.join(closing)), "parts": said})
    as_text = renderer.render(DIGEST, language, {"digest": merges[0]})
    as_html = renderer.render(DIGEST, language, {"digest": merges[1]})
    return [as_text.subject, as_text.body_text, as_html.body_html]


def _blocks(html: str) -> list[str]:
    """The parts of a rendered fragment that can stand alone: a paragraph each, and what is between two of them."""
    blocks: list[str] = []
    current: list[str] = []
    for line in html.strip().splitlines():
        if line.startswith("<p") and current:
            blocks.append("\n".join(current))
            current = []
        current.append(line)
        if line.startswith("<p") and line.endswith("</p>"):
            blocks.append("\n".join(current))
            current = []
    return [*blocks, "\n".join(current)] if current else blocks


def _shared(bodies: Sequence[list[str]]) -> tuple[list[str], list[list[str]], list[str]]:
    """What all bodies begin with, the rest of each, and what all end with."""
    at_front = len(list(takewhile(_is_shared, zip(*bodies, strict=False))))
    rests = [body[at_front:] for body in bodies]
    at_end = len(list(takewhile(_is_shared, zip(*(r[::-1] for r in rests), strict=False))))
    closing = rests[0][len(rests[0]) - at_end :]
    return bodies[0][:at_front], [rest[: len(rest) - at_end] for rest in rests], closing


def _is_shared(blocks: tuple[str, ...]) -> bool:
    """Whether a block is the same in every part, and no list of what that part asks for."""
    return len(set(blocks)) == 1 and not blocks[0].lstrip().startswith(LISTS)
