"""Answers in a file: which item each row answers, and whether it is an answer.

A row answers the oldest open task of its template that still asks for the item; a row that was imported before stays
what it was. The rules are those of every other answer (tasks/requests/answers.py).
May touch: sql, tasks/requests, files beside the imported one. Tests: tests/integration/intake/test_import_answers.py,
on both databases.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from typing import Any

import pandas as pd

from sql import schema
from sql.bulk import read_frame, staged
from sql.store import Store, query
from tasks.domain import frames
from tasks.domain.definitions.firm import CLOSED_STATUSES
from tasks.domain.requests.completion import ACCEPTED, WANTED
from tasks.domain.requests.values import AnswerError
from tasks.requests.answers import OF_IMPORT, Answer, check_answer
from tasks.requests.documents import check_ending

GIVEN = ("subtask", "item", "value", "document", "not_applicable")
FOUND = ("step", "item_key", "document_path", "answer_problem", "item_problem")


@dataclass
class _Target:
    """What a row answers, and what is wrong with it.

    Attributes:
        task_id, step, item_key: the item.
        document_path: the file that it names.
        is_known: an earlier import, or an earlier row of the file, says the same.
        has_task: there is an open task of its template.
        item_problem, answer_problem: what is wrong, in words that quote no cell (Q5).
    """

    task_id: int | None = None
    step: str | None = None
    item_key: str | None = None
    document_path: str | None = None
    is_known: bool = False
    has_task: bool = True
    item_problem: str | None = None
    answer_problem: str | None = None


@dataclass
class _Asked:
    """What the requests of one relation and template ask for, oldest task first."""

    items: list[dict[str, Any]] = field(default_factory=list)
    hashes: dict[tuple[int, str, str], set[str]] = field(default_factory=lambda: defaultdict(set))


def with_targets(store: Store, typed: pd.DataFrame, folder: Path | None) -> pd.DataFrame:
    """Find for each row the item that it answers, and check the answer.

    Args:
        store: the database.
        typed: rows of a file of answers (typed_rows.type_rows).
        folder: the file's; documents are beside it.

    Returns:
        The same rows with task_id, step, item_key, document_path, is_known_relation, has_open_task, is_known_item,
        is_answer, is_known_answer, and item_problem and answer_problem in words; `row_id` names the item.
    """
    for name in GIVEN:
        if name not in typed.columns:
            typed = typed.assign(**{name: pd.Series(pd.NA, index=typed.index, dtype=frames.TEXT)})
    asked = _asked(store, typed)
    taken: dict[tuple[int, str, str], list[tuple[Any, ...]]] = defaultdict(list)
    targets = [_target(row, asked, folder, taken) for row in typed.to_dict("records")]
    columns = {n: pd.Series([getattr(t, n) for t in targets], index=typed.index, dtype=frames.TEXT) for n in FOUND}
    known = store.read("relation_ids")["relation_id"]
    row_id = typed["row_id"] + "/" + typed["subtask"].fillna("") + "/" + typed["item"].fillna("")
    return typed.assign(
        **columns,
        task_id=pd.array([t.task_id for t in targets], dtype="Int64"),
        is_known_relation=typed["relation_id"].isna() | frames.is_among(typed["relation_id"], known),
        has_open_task=[t.has_task for t in targets],
        is_known_item=[t.item_problem is None for t in targets],
        is_answer=[t.answer_problem is None for t in targets],
        is_known_answer=[t.is_known for t in targets],
        row_id=row_id,
    )


def _asked(store: Store, typed: pd.DataFrame) -> dict[tuple[str, str], _Asked]:
    pairs = typed[["relation_id", "template"]].dropna().drop_duplicates()
    with store.begin(only_reads=True) as connection, staged(connection, schema.follow_up_tasks, pairs):
        items = read_frame(connection, query("items_to_answer"), {}).to_dict("records")
        sent = read_frame(connection, query("sent_documents"), {}).to_dict("records")
    asked: dict[tuple[str, str], _Asked] = defaultdict(_Asked)
    of_task: dict[int, _Asked] = {}
    for item in items:
        found = asked[item["relation_id"], item["template"]]
        found.items.append({str(k): None if pd.isna(v) else v for k, v in item.items()})
        of_task[item["task_id"]] = found
    for row in sent:
        of_task[row["task_id"]].hashes[row["task_id"], row["step"], row["item"]].add(row["sha256"])
    return asked


def _target(
    row: Mapping[Any, Any],
    asked: Mapping[tuple[str, str], _Asked],
    folder: Path | None,
    taken: dict[tuple[int, str, str], list[tuple[Any, ...]]],
) -> _Target:
    """What one row answers; `taken` are the answers of earlier rows by item."""
    known = asked.get((row["relation_id"], row["template"]), _Asked())
    given = {name: row[name] if isinstance(row[name], str) else None for name in GIVEN}
    target = _Target()
    path, problem = _document(given["document"], folder)
    content = _content(given, path)
    alike = [i for i in known.items if given["subtask"] in (None, i["subtask"]) and given["item"] in (None, i["key"])]
    if any(_is_same(i, row, content, known) for i in alike):
        target.is_known = True
        return target
    item = _choose(target, known, alike)
    if item is None:
        return target
    target.task_id, target.step, target.item_key = item["task_id"], item["subtask"], item["key"]
    target.document_path = None if path is None else str(path)
    mine = taken[item["task_id"], item["subtask"], item["key"]]
    if content in mine:
        target.is_known = True
        return target
    target.answer_problem = problem or _problem(item, row, given, path, mine)
    if target.answer_problem is None:
        mine.append(content)
    return target


def _choose(target: _Target, known: _Asked, alike: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The item of the oldest open task that still asks for it; else of the oldest open task."""
    is_open = [i for i in known.items if i["task_status"] not in CLOSED_STATUSES]
    if not is_open:
        target.has_task = False
        return None
    named = [i for i in alike if i["task_status"] not in CLOSED_STATUSES]
    if not named:
        oldest = [i for i in is_open if i["task_id"] == is_open[0]["task_id"]]
        keys = ", ".join(dict.fromkeys(f"{i['subtask']} {i['key']}" for i in oldest))
        target.item_problem = f"the open task has no such item; it has {keys}"
        return None
    wanted = [i for i in named if i["status"] in WANTED] or named
    first = [i for i in wanted if i["task_id"] == wanted[0]["task_id"]]
    if len(first) > 1:
        keys = ", ".join(f"{i['subtask']} {i['key']}" for i in first)
        target.item_problem = f"several items are meant: say in subtask and item which one; there are {keys}"
        return None
    return first[0]


def _document(given: str | None, folder: Path | None) -> tuple[Path | None, str | None]:
    """The file that a row names, or what is wrong with it."""
    if given is None:
        return None, None
    place = (folder or Path()).resolve()
    path = (place / given).resolve()
    is_beside = folder is not None and path.is_relative_to(place) and not Path(given).is_absolute()
    problems = (
        (not is_beside, "is not in the folder of the imported file: put it beside that, and write its name"),
        (path.is_dir(), "is a folder: name a file"),
        (not path.is_file(), "is not there: put it beside the imported file"),
        (path.is_file() and path.stat().st_size == 0, "is empty"),
    )
    problem = next((words for is_so, words in problems if is_so), None)
    return (path, None) if problem is None else (None, f"the document {problem}")


def _content(given: Mapping[str, str | None], path: Path | None) -> tuple[Any, ...]:
    if path is None:
        return given["value"], None, given["not_applicable"]
    with path.open("rb") as opened:
        return given["value"], file_digest(opened, "sha256").hexdigest(), given["not_applicable"]


def _is_same(item: Mapping[str, Any], row: Mapping[Any, Any], content: tuple[Any, ...], known: _Asked) -> bool:
    """Whether an earlier import recorded this very row."""
    day = row["answered_on"]
    if item["source"] != OF_IMPORT or pd.isna(day) or item["answered_on"] != day:
        return False
    value, digest, reason = content
    if digest is not None:
        return digest in known.hashes.get((item["task_id"], item["subtask"], item["key"]), ())
    if reason is not None:
        return item["note"] is not None and item["note"] == reason.strip()
    return item["value"] is not None and item["value"] == _stored(item, Answer(0, "", "", day.date(), value))


def _stored(item: Mapping[str, Any], answer: Answer) -> object:
    """An answer as it is stored; None if it is none."""
    try:
        return check_answer(item, answer)["value"]
    except AnswerError:
        return None


def _problem(
    item: Mapping[str, Any],
    row: Mapping[Any, Any],
    given: Mapping[str, str | None],
    path: Path | None,
    mine: list[tuple[Any, ...]],
) -> str | None:
    """What is wrong with an answer, in words that quote no cell; None if it is one."""
    if mine and (path is None or item["type"] != "document"):
        return "an earlier row of the file answers this item: leave one out"
    if item["status"] == ACCEPTED:
        return f"item {item['key']} is accepted already: return it first"
    if pd.isna(row["answered_on"]):
        return None
    day = row["answered_on"].date()
    answer = Answer(
        item["task_id"], item["subtask"], item["key"], day, given["value"], not_applicable=given["not_applicable"]
    )
    try:
        if path is not None:
            check_ending(item, path)
        check_answer(dict(item) | {"files": item["files"] + len(mine) + (path is not None)}, answer)
    except AnswerError as error:
        return f"item {item['key']}: {str(error).replace(repr(given['value']), 'this')}"
    return None
