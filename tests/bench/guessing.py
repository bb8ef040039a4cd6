"""How long a guess takes beyond reading the file: `python -m tests.bench.guessing`, limit 1 s for 100,000 rows."""

import argparse
import csv
import io
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

from flows.home.copy import HOMES
from flows.jobs.guess_mapping import profiles_in
from tasks.intake.guess import guess_bytes
from tasks.intake.known_titles import known_titles
from tasks.intake.readers.read_file import read_bytes

ROWS, TURNS = 100_000, 9
TITLES = [
    "N° client", "Civilité", "Prénom", "Nom", "Raison sociale", "Statut", "Type", "Courriel", "Téléphone", "Mobile",
    "Adresse", "Code postal", "Ville", "Pays", "Langue", "Responsable", "Désinscrit", "Date de création",
    "Validité carte d'identité", "Société mère", "Numéro de TVA", "Commentaire", "Solde", "Site web",
]  # fmt: skip


def rows_of(count: int) -> Iterator[list[str]]:
    """Rows of clients with accents, dates in two formats, and a few empty cells."""
    for n in range(count):
        day, month = n % 28 + 1, n % 12 + 1
        yield [
            f"C{n:06}", "Mme" if n % 2 else "M.", "Zoé", f"Noël{n}", f"Hélène {n} SARL" if n % 3 == 0 else "",
            ("Actif", "Inactif", "Prospect")[n % 3], ("Particulier", "Société")[n % 2], f"z{n}@x.example" if n % 9 else "",
            f"02 {n % 100:02} 11 22 33", f"04{n:08}", f"{n % 99} rue des Écoles", f"{n % 10000:04}", "Liège", "Belgique",
            ("Français", "Néerlandais")[n % 2], ("Luc Martin", "An Peeters")[n % 2], ("oui", "non")[n % 2],
            f"{day:02}/{month:02}/20{n % 20 + 10}", f"{day}-{month}-2027" if n % 2 else f"{day:02}/{month:02}/2028",
            f"C{n // 10:06}", f"BE{n:010}", "Rappeler après l'été; à voir" if n % 4 == 0 else "", f"{n % 999},50", "",
        ]  # fmt: skip


def data_of(count: int, encoding: str, separator: str, lines_before: int = 0) -> bytes:
    """A file of that many rows."""
    held = io.StringIO()
    writer = csv.writer(held, delimiter=separator)
    writer.writerows([[f"Export {n}"] for n in range(lines_before)])
    writer.writerow(TITLES)
    writer.writerows(rows_of(count))
    return held.getvalue().encode(encoding)


def best(*runs: Callable[[], object]) -> list[float]:
    """The shortest of a few turns of each, in seconds; by turns, because other programs use the machine too."""
    times = [[_seconds(run) for run in runs] for _ in range(TURNS)]
    return [min(of_run) for of_run in zip(*times, strict=True)]


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=ROWS)
    rows = parser.parse_args().rows
    profiles, _ = profiles_in(HOMES / "starter" / "mappings")
    known_titles()
    for name, encoding, separator, before in (
        ("UTF-8, commas", "utf-8", ",", 0),
        ("cp1252, semicolons", "cp1252", ";", 0),
        ("cp1252, semicolons, titles in record 4", "cp1252", ";", 3),
    ):
        data = data_of(rows, encoding, separator, before)
        read, whole = best(
            partial(read_bytes, "f.csv", data, "auto", "auto", before + 1),
            partial(guess_bytes, "f.csv", data, profiles=profiles),
        )
        said = "" if whole - read <= 1 or rows > ROWS else " MISSED"
        sys.stdout.write(
            f"{name}: read {read:.2f} s, guessed {whole:.2f} s, beyond reading {whole - read:.2f} s{said}\n"
        )


if __name__ == "__main__":
    main()
