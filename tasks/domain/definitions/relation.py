"""The types and statuses that a relation may have.

May touch: nothing. Tests: tests/unit/definitions/test_relation.py.
"""

from typing import Literal, get_args

RelationType = Literal["person", "sole_trader", "company", "other"]
RelationStatus = Literal["client", "prospect", "other", "former"]
RELATION_TYPES: tuple[str, ...] = get_args(RelationType)
RELATION_STATUSES: tuple[str, ...] = get_args(RelationStatus)
