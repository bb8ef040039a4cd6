"""Scores `relance mapping guess` on the corpus in tests/data/guesses: `make guess-score` prints the tables.

Beside each file, a YAML file of the same name says what is right: the product, the kind, the titles of each column
(`columns`), other right answers (`or`), and titles that may be taken in addition (`may`).
"""

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
from tasks.intake.known_titles import known_titles
from tasks.intake.readers.read_file import read_file

CORPUS = Path(__file__).resolve().parents[1] / "data" / "guesses"
LEADS = "leads"


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


if __name__ == "__main__":
    main()
