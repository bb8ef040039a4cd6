"""How a stage is run: directly, as a Prefect task, or with a progress line. Each stage logs one line.

May touch: the monotonic clock. Tests: tests/integration/planning/test_stage_log.py.
"""

import functools
import logging
import time
from collections.abc import Callable
from typing import Any, ParamSpec, Protocol, TypeVar

import pandas as pd

P = ParamSpec("P")
T = TypeVar("T")
LOG = logging.getLogger("relance.stages")


class StageRunner(Protocol):
    """Wraps a stage, e.g. as a Prefect task, before it runs."""

    def __call__(self, stage: Callable[P, T]) -> Callable[P, T]:
        """Return the wrapped stage."""
        ...


def run_directly(stage: Callable[P, T]) -> Callable[P, T]:
    """Run the stage unwrapped."""
    return stage


def with_log(run: StageRunner) -> StageRunner:
    """Run stages with `run`, and log one line for each: its name, its counts and its seconds (Q5)."""

    def logged(stage: Callable[P, T]) -> Callable[P, T]:
        wrapped = run(stage)

        @functools.wraps(stage)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            began = time.monotonic()
            result = wrapped(*args, **kwargs)
            rows_in = sum(len(a) for a in (*args, *kwargs.values()) if isinstance(a, pd.DataFrame))
            rows_out, set_aside = _counted(result)
            seconds = time.monotonic() - began
            name = stage.__name__
            LOG.info("%s rows_in=%d rows_out=%d set_aside=%d seconds=%.2f", name, rows_in, rows_out, set_aside, seconds)
            return result

        return call

    return logged


def _counted(result: Any) -> tuple[int, int]:
    """The number of rows a stage returned, and how many of them carry a reason for doing nothing."""
    if isinstance(result, pd.DataFrame):
        return len(result), int(result["reason"].notna().sum()) if "reason" in result else 0
    return (result, 0) if isinstance(result, int) else (0, 0)
