"""Parses YAML text into a validated model; errors name file, line and key.

May touch: PyYAML, pydantic. Tests: tests/unit/definitions/test_definitions.py.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from tasks.domain.definitions.problem_words import OTHER_SHAPE, problem_in_words
from tasks.domain.errors import RelanceError

Model = TypeVar("Model", bound=BaseModel)
# libyaml if PyYAML was built with it: every command reads the home, and Python's own loader takes ten times as long.
FASTEST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
WRONG_KEY = "[key]"  # how the validator marks a problem of a key, not of its value
TEXT, MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"


class Loader(FASTEST):  # type: ignore[misc]  # one of two classes, whichever PyYAML was built with
    """Reads YAML; a day that does not exist, such as 2026-02-31, stays text, and is refused with its line and key."""


def _day_or_text(loader: Any, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        return node.value


Loader.add_constructor("tag:yaml.org,2002:timestamp", _day_or_text)


class DefinitionError(RelanceError):
    """A definition that cannot be used; the message gives file, line, key and what to do."""


def parse_model(model: type[Model], text: str, file: str) -> Model:
    """Parse one definition.

    Args:
        model: the pydantic model to validate against.
        text: the file's text.
        file: its name, for the message.

    Raises:
        DefinitionError: not YAML, a duplicate key, or invalid values; all problems are in one message.
    """
    try:
        tree, data = _load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DefinitionError(f"{file}:{line}: not valid YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise DefinitionError(f"{file}:1: not valid YAML: {error}") from None
    if tree is None or not isinstance(data, dict):
        raise DefinitionError(f"{file}:1: expected keys and values, as in the starter's file of the same kind")
    _refuse_keys_given_twice(tree, file)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise DefinitionError("\n".join(_sentences(tree, file, error))) from None


def line_of(text: str, path: Sequence[str | int]) -> int:
    """Line (from 1) of the value under `path` in a valid YAML text."""
    return _line(_load(text)[0], path)


def _load(text: str) -> tuple[yaml.Node | None, Any]:
    """A document's nodes, which have line numbers, and its data."""
    loader = Loader(text)
    try:
        tree = loader.get_single_node()
        if tree is None:
            return None, None
        _keep_keys_as_written(tree)
        return tree, loader.construct_document(tree)
    finally:
        loader.dispose()


def _keep_keys_as_written(node: yaml.Node) -> None:
    """Make every key text: YAML 1.1 reads `no:` as false and `01:` as one, which a person does not mean."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != MERGE:
                key.tag = TEXT
            _keep_keys_as_written(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _keep_keys_as_written(value)


def _sentences(tree: yaml.Node, file: str, error: ValidationError) -> list[str]:
    """One sentence a problem. Where a value may be of several shapes, only the shape it has is spoken of."""
    said: dict[tuple[str | int, ...], list[str]] = {}
    for one in error.errors(include_url=False):
        path, is_other_shape = _written_path(tree, one["loc"], one["type"] == "missing")
        said.setdefault(path, []).extend([] if is_other_shape else [_sentence(tree, file, path, problem_in_words(one))])
    inner = {path[:length] for path, words in said.items() if words for length in range(len(path))}
    return [
        sentence
        for path, words in said.items()
        for sentence in words or ([] if path in inner else [_sentence(tree, file, path, OTHER_SHAPE)])
    ]


def _written_path(tree: yaml.Node, path: Sequence[str | int], is_missing: bool) -> tuple[tuple[str | int, ...], bool]:
    """A path without pydantic's names of shapes, and whether one of these is not the value's own shape.

    Args:
        tree: the document.
        path: where pydantic found a problem.
        is_missing: whether its last part is a key that is not there.
    """
    node: yaml.Node | None = tree
    kept: list[str | int] = []
    is_other = False
    for number, part in enumerate(path, start=1):
        if part == WRONG_KEY:  # of the key that stands before it
            continue
        child = _child(node, part)
        if child is not None or (is_missing and number == len(path)):
            kept.append(part)
            node = child
        else:
            is_other = is_other or not _has_shape(node, str(part))
    return tuple(kept), is_other


def _has_shape(node: yaml.Node | None, shape: str) -> bool:
    if shape.startswith("list"):
        return isinstance(node, yaml.SequenceNode)
    if shape.startswith("literal"):
        return isinstance(node, yaml.ScalarNode)
    if "[" in shape or shape[:1].isupper():  # a model, bare or with its validators
        return isinstance(node, yaml.MappingNode)
    return isinstance(node, yaml.ScalarNode)


def _child(node: yaml.Node | None, part: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        found: yaml.Node = node.value[part]
        return found
    return None


def _sentence(tree: yaml.Node, file: str, path: Sequence[str | int], message: str) -> str:
    key = ".".join(str(part) for part in path) or "(the file)"
    return f"{file}:{_line(tree, path)}: {key}: {message}"


def _line(tree: yaml.Node | None, path: Sequence[str | int]) -> int:
    node, line = tree, 1
    for part in path:
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    found, line = value, key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = node.value[part]
            line = found.start_mark.line + 1
        if found is None:
            return line
        node = found
    return line


def _refuse_keys_given_twice(node: yaml.Node, file: str) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise DefinitionError(f"{file}:{key.start_mark.line + 1}: {key.value}: duplicate key")
            seen.add(key.value)
            _refuse_keys_given_twice(value, file)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_keys_given_twice(value, file)
