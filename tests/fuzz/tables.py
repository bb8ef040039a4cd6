"""Good tables: each kind's canonical columns, and what the starter's profiles read."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from tasks.domain.definitions.kinds import KINDS
from tasks.domain.definitions.profile import Profile

ROWS = 20
FIRST_DAY = date(2026, 1, 1)
NAMES = ("Jeanne Martin", "Zoé Lefèvre", "O'Neill, Ève", 'Café "Le Zinc"', "Łukasz Ñandú", "株式会社", "=1+1", "a\nb")
FILLERS = ("Téléphone", "Note privée", "Ville", "Code NAF", "Créé le")
WORDS: Mapping[str, tuple[str, ...]] = {
    "type": ("person", "company", "sole_trader", "other"),
    "language": ("fr", "nl", "en", ""),
    "frequency": ("monthly", "yearly", "every 2 weeks", ""),
    "template": ("vat", "payroll", "yearly-accounts"),
    "quantity": ("1", "12", ""),
    "backfill": ("oui", "no", ""),
    "do_not_mail": ("oui", "no", ""),
    "remind_minutes": ("15", ""),
}
STATUSES = {"relations": ("client", "prospect", "former"), "missions": ("draft", "sent", "signed", "ended")}


@dataclass(frozen=True)
class Table:
    """A file's content before it is written: its kind, its profile (None: canonical), and its cells."""

    kind: str
    profile: Profile | None
    cells: list[list[str]]


def canonical_table(random: Random) -> Table:
    """Rows of any kind in the canonical shape."""
    kind = KINDS[random.choice(sorted(KINDS))]
    optional = [column for column in kind.optional if random.random() < 0.7]
    fields = ["id_card", "id_card.expires_on"] if kind.has_fields else []
    columns = [*kind.required, *optional, *fields]
    random.shuffle(columns)
    rows = [[_value(random, kind.name, kind.keys[0], column, n) for column in columns] for n in range(_size(random))]
    return Table(kind.name, None, [columns, *rows])


def profile_table(random: Random, profile: Profile) -> Table:
    """Rows as the product of a profile exports them: its titles, and some that nobody reads."""
    assert profile.kind is not None
    key = next(iter(profile.columns))
    sources: dict[str, Source] = {}
    for column, rule in profile.rules.items():
        for position, title in enumerate(rule.titles):
            split = [known.split(rule.join) for known in rule.translations]
            sources[title] = Source(column, [known[position] for known in split if len(known) > position])
    for title in random.sample(FILLERS, random.randrange(len(FILLERS))):
        sources.setdefault(title, Source(title, list(NAMES)))
    titles = sorted(sources, key=lambda title: (title.partition("#")[0], title))  # TITLE, then TITLE#2
    rows = [[_of(random, profile.kind, key, sources[title], n) for title in titles] for n in range(_size(random))]
    return Table(profile.kind, profile, [[title.partition("#")[0] for title in titles], *rows])


@dataclass(frozen=True)
class Source:
    """A source's column: the canonical one that it feeds, and the values that the profile translates."""

    column: str
    known: list[str]


def _of(random: Random, kind: str, key: str, source: Source, number: int) -> str:
    return random.choice(source.known) if source.known else _value(random, kind, key, source.column, number)


def _size(random: Random) -> int:
    return random.choice((1, ROWS, ROWS, ROWS * 2))


def _value(random: Random, kind: str, key: str, column: str, number: int) -> str:
    """A good cell of a canonical column."""
    if column == key:
        return f"{kind[0].upper()}{number:05}"
    if column == "status" or column in WORDS:
        return random.choice(STATUSES.get(kind, ("",)) if column == "status" else WORDS[column])
    if column.endswith(("_on", "_at")):
        day = (FIRST_DAY + timedelta(days=random.randrange(900))).isoformat()
        return random.choice((day + " 09:30:00" * column.endswith("_at"), ""))
    if column == "email":
        return f"r{number}@clients.example" if number % 5 else ""
    if column.endswith("_id"):
        return f"{column[0].upper()}{random.randrange(20):05}"
    return random.choice(NAMES) if "name" in column else "".join(random.choices(string.ascii_lowercase, k=6))
