"""Scores `relance mapping guess` on the corpus in tests/data/guesses: `make guess-score` prints the tables.

Beside each file, a YAML file of the same name says what is right: the product, the kind, the titles of each column
(`columns`), other right answers (`or`), titles that may be taken in addition (`may`), and what each value of a column
means (`values`). tests/data/value_lists.yaml has the choices that products offer, whether or not a file has them.
"""

import csv
import io
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from flows.jobs.guess_mapping import run_guess
from tasks.domain.definitions.profile import Profile, composed
from tasks.domain.definitions.yaml_models import parse_model
from tasks.domain.intake.guess.known_titles import plain
from tasks.domain.intake.typed_rows import YES
from tasks.intake.guess import guess_bytes
from tasks.intake.known_titles import known_titles
from tasks.intake.readers.read_file import read_file

CORPUS = Path(__file__).resolve().parents[1] / "data" / "guesses"
LISTS = CORPUS.parent / "value_lists.yaml"
LEADS = "leads"
KEYS = {
    "relations": "Client ID,Name,Email",
    "missions": "Contract ID,Client ID,Contract name,Start date",
    "activities": "Activity ID,Subject,Start date",
    "mission_services": "Mission ID,Service",
}


@dataclass
class Score:
    """What the guess did with one file.

    Attributes:
        kind_is_right, kind_is_silent: whether the kind is right; whether it is wrong and no doubt says so.
        right: columns that come from the right titles.
        doubted: columns that are wrong or missing, with a doubt about them, their title, or the kind.
        silent: columns that are wrong or missing, without one.
    """

    kind_is_right: bool
    kind_is_silent: bool
    right: list[str] = field(default_factory=list)
    doubted: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)


@cache
def answers() -> dict[Path, dict[str, Any]]:
    """Each file of the corpus with what is right for it."""
    return {
        path.with_suffix(".csv"): yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted(CORPUS.glob("*.yaml"))
    }


@cache
def only_of_products() -> Mapping[str, set[str]]:
    """By product, the words that occur in the titles of its files and in no other product's."""
    products = defaultdict(set)
    for path, answer in answers().items():
        for title in read_file(path, "auto", "auto").columns:
            for entry in known_titles().entries_of(title):
                products[entry].add(answer["product"])
    found = defaultdict(set)
    for entry, of in products.items():
        if len(of) == 1:
            found[next(iter(of))].add(entry)
    return found


def score_file(path: Path, is_without_product: bool = False) -> Score:
    """Guess a profile for a file of the corpus, and compare it with what is right.

    Args:
        path: the file.
        is_without_product: guess it without the words that only its product has.
    """
    answer = answers()[path]
    known = known_titles()
    if is_without_product:
        known = known.without(only_of_products()[answer["product"]])
    return score_text(run_guess(path, None, "guess", known)[1], answer)


def score_text(text: str, answer: Mapping[str, Any]) -> Score:
    """Compare a proposed profile with what is right.

    Args:
        text: the profile, with its lines of doubt.
        answer: the YAML file beside the corpus' file.
    """
    profile = parse_model(Profile, text, "guess.yaml")
    doubts = [line for line in text.splitlines() if line.startswith("# LOOK: ")]
    status = profile.rules.get("status")
    kind = LEADS if profile.kind == "relations" and status and status.constant == "prospect" else profile.kind
    is_right = kind == answer["kind"]
    score = Score(is_right, not is_right and not any("--kind" in doubt for doubt in doubts))
    guessed = {name: rule.titles for name, rule in profile.rules.items() if rule.titles not in ([], ["?"])}
    for column in {**answer["columns"], **guessed}:
        found, expected = guessed.get(column, []), answer["columns"].get(column, [])
        if _is_right(found, column, answer):
            score.right.append(column)
        elif score.kind_is_silent or (is_right and not _is_doubted(column, [*found, *expected], doubts)):
            score.silent.append(column)
        elif column in answer["columns"]:
            score.doubted.append(column)
    return score


def _is_right(found: list[str], column: str, answer: Mapping[str, Any]) -> bool:
    rights = [answer["columns"].get(column), *answer.get("or", {}).get(column, [])]
    may = {composed(title) for title in answer.get("may", {}).get(column, [])}
    for right in rights:
        titles = [composed(title) for title in right or []]
        taken = [title for title in found if title not in may]
        # The order of the parts of a name matters; that of an address differs from country to country.
        if found and (taken == titles or (column == "address" and sorted(taken) == sorted(titles))):
            return True
    return False


def _is_doubted(column: str, titles: Iterable[str], doubts: list[str]) -> bool:
    named = re.compile("|".join([rf"(?<![\w.]){re.escape(column)}(?!\w|\.\w)", *(re.escape(repr(t)) for t in titles)]))
    return any(named.search(doubt) for doubt in doubts)


@dataclass
class ValueScore:
    """What the guess made of the values of one column: right ones, those that it asks about, and wrong ones."""

    right: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)


def score_values(text: str, column: str, expected: Mapping[str, str | None]) -> ValueScore:
    """Compare what values become with what they mean; None means that a guess must ask.

    Args:
        text: the profile, with its lines of doubt.
        column: canonical.
        expected: by value, what it means.
    """
    rule = parse_model(Profile, text, "guess.yaml").rules.get(column)
    doubts = [line for line in text.splitlines() if line.startswith("# LOOK: ")]
    score = ValueScore()
    for value, meaning in expected.items():
        becomes = rule.translations.get(value, value) if rule and rule.titles else None
        if column == "do_not_mail" and becomes is not None:
            becomes = "yes" if becomes.lower() in YES else "no"
        is_asked = any(repr(value) in doubt for doubt in doubts) or (
            becomes is None and _is_doubted(column, [], doubts)
        )
        if becomes == meaning or (meaning is None and is_asked):
            score.right.append(value)
        else:
            (score.asked if is_asked else score.silent).append(value)
    return score


def lists() -> list[dict[str, Any]]:
    """The choices that products offer."""
    found: list[dict[str, Any]] = yaml.safe_load(LISTS.read_text(encoding="utf-8"))
    return found


def score_list(one: Mapping[str, Any]) -> ValueScore:
    """Guess a profile for a file that has each value of a list once, and compare."""
    held = io.StringIO()
    writer = csv.writer(held)
    titles = [*KEYS[one["kind"]].split(","), one["title"]]
    writer.writerow(titles)
    for number, value in enumerate(one["values"], start=101):
        cells = {"Email": f"c{number}@x.example", "Start date": "2026-12-01", "Name": f"Rita Holm {number}"}
        writer.writerow([*(cells.get(title, f"{title[0]}{number}") for title in titles[:-1]), value])
    guess = guess_bytes("list.csv", held.getvalue().encode(), kind=one["kind"], name="guess")
    return score_values(guess.text, one["column"], one["values"])


def score_values_of(path: Path, is_without_product: bool = False) -> dict[str, ValueScore]:
    """The values of each column of a file of the corpus, where the guess finds the column."""
    answer, known = answers()[path], known_titles()
    if is_without_product:
        known = known.without([], only_values_of_products()[answer["product"]])
    text = run_guess(path, None, "guess", known)[1]
    profile = parse_model(Profile, text, "guess.yaml")
    right = {name: rule for name, rule in profile.rules.items() if rule.titles == answer["columns"].get(name)}
    found = {name: values for name, values in answer.get("values", {}).items() if is_without_product or name in right}
    return {name: score_values(text, name, values) for name, values in found.items()}


@cache
def only_values_of_products() -> Mapping[str, set[str]]:
    """By product, the spellings of values that occur in its files and in no other product's."""
    products = defaultdict(set)
    for answer in answers().values():
        for values in answer.get("values", {}).values():
            for value in values:
                products[plain(value) or value].add(answer["product"])
    found = defaultdict(set)
    for value, of in products.items():
        if len(of) == 1:
            found[next(iter(of))].add(value)
    return found


def table_of_values() -> str:
    """The scores of values as a Markdown table."""
    of_corpus = [score for path in answers() for score in score_values_of(path).values()]
    without = [score for path in answers() for score in score_values_of(path, is_without_product=True).values()]
    of_lists = [score_list(one) for one in lists()]
    lines = ["| values | columns | values | right | asked | silently wrong |", "|---|---|---|---|---|---|"]
    parts = {
        "of the exports": of_corpus,
        "of the exports, without those that only the product has": without,
        "that products offer": of_lists,
    }
    for name, scores in parts.items():
        right, asked, silent = (sum(len(getattr(s, part)) for s in scores) for part in ("right", "asked", "silent"))
        every = right + asked + silent
        lines.append(f"| {name} | {len(scores)} | {every} | {right} ({right / every:.1%}) | {asked} | {silent} |")
    return "\n".join(lines) + "\n"


def table(is_without_product: bool) -> str:
    """The scores by kind as a Markdown table, with a line for all of them."""
    by_kind = defaultdict[str, list[Score]](list)
    for path, answer in answers().items():
        score = score_file(path, is_without_product)
        by_kind[answer["kind"]].append(score)
        by_kind["all"].append(score)
    lines = [
        "| kind | files | kinds right | columns | right | doubted | silently wrong |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind in sorted(by_kind, key=lambda name: (name == "all", name)):
        scores = by_kind[kind]
        count = Counter({name: sum(len(getattr(s, name)) for s in scores) for name in ("right", "doubted", "silent")})
        share, silent_kinds = count["right"] / count.total(), sum(s.kind_is_silent for s in scores)
        lines.append(
            f"| {kind} | {len(scores)} | {sum(s.kind_is_right for s in scores)} | {count.total()} | "
            f"{count['right']} ({share:.1%}) | {count['doubted']} | {count['silent'] + silent_kinds} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the tables."""
    sys.stdout.write(f"Every word known:\n\n{table(False)}\nWithout the words of the product:\n\n{table(True)}")
    sys.stdout.write(f"\nValues:\n\n{table_of_values()}")


if __name__ == "__main__":
    main()
