"""Validate: Great Expectations decides which rows are valid. Takes raw frames, returns findings with their effects.

Law: valid ⊎ quarantined = read (Q1). The suites are data, in expectations/NAME.json; the meta of each
expectation gives the effect of a failure (`effect`: quarantine, block, warn, Q2), its reason code, and its message.
May touch: great_expectations (imported late: it takes seconds), expectations/.
Tests: tests/integration/planning/test_validate.py.
"""

import json
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tasks.domain import frames

SUITES = Path(__file__).resolve().parents[1] / "expectations"
EXPIRY = "expiry"  # the suite for the expiry dates that schedules use
# Only counts: values in a result would be personal data (Q5), and cost seconds.
COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}


class ValidationError(Exception):
    """Great Expectations could not evaluate a suite: an error in the suite or in the program."""


@dataclass(frozen=True)
class Judgement:
    """Great Expectations' result for one frame.

    Attributes:
        masks: for each expectation, the rows that failed it; None if none did.
        results: the library's own object, with counts and without values, for its page (tasks/reporting/data_docs.py).
    """

    masks: list[pd.Series | None]
    results: Any


def validate(
    frame: pd.DataFrame, suite_name: str, key: str, keep: Callable[[Any], object] | None = None
) -> pd.DataFrame:
    """Check every row of a frame against a suite.

    Expectations on columns that the frame does not have are skipped, since optional columns may be absent.

    Args:
        frame: one row per source row, with source_row.
        suite_name: the name of a file in expectations/.
        key: the column that identifies a row to people.
        keep: receives Great Expectations' own results, for its Data Docs; not called if nothing was checked.

    Returns:
        One row per expectation and row that failed it (frames.FINDINGS), in the suite's order.

    Raises:
        ValidationError: an expectation raised an error, or its mask and its count disagree.
    """
    suite = json.loads((SUITES / f"{suite_name}.json").read_text(encoding="utf-8"))
    return validate_by(frame, suite_name, suite["expectations"], key, keep)


def validate_by(
    frame: pd.DataFrame,
    name: str,
    suite: Sequence[dict[str, Any]],
    key: str,
    keep: Callable[[Any], object] | None = None,
) -> pd.DataFrame:
    """Check every row of a frame against expectations that are written as in a suite's file; else as `validate`."""
    expectations = [e for e in suite if e["kwargs"]["column"] in frame.columns]
    if frame.empty or not expectations:
        return frames.empty(frames.FINDINGS)
    judged = _judge(frame, name, expectations)
    if keep is not None:
        keep(judged.results)
    failed = [(mask, e) for mask, e in zip(judged.masks, expectations, strict=True) if mask is not None]
    found = [_findings(frame, mask, e, key) for mask, e in failed]
    return pd.concat(found, ignore_index=True) if found else frames.empty(frames.FINDINGS)


def said_by_command(problem: str, suite_name: str) -> str:
    """A finding's sentence for a person who gave the row by a command, and has no file and no profile."""
    suite = json.loads((SUITES / f"{suite_name}.json").read_text(encoding="utf-8"))
    words = {e["meta"]["says"]: e["meta"].get("says_by_command", e["meta"]["says"]) for e in suite["expectations"]}
    return str(words.get(problem, problem))


def _judge(frame: pd.DataFrame, name: str, expectations: list[dict[str, Any]]) -> Judgement:
    """Run Great Expectations once, for the counts and for the masks of failed rows."""
    batch = _batch_of(frame, name)
    from great_expectations.core import ExpectationSuite
    from great_expectations.validator.metrics_calculator import MetricsCalculator

    # GX reorders a suite's results; the position in meta identifies each one.
    numbered = [e | {"meta": {"position": i}} for i, e in enumerate(expectations)]
    suite = ExpectationSuite(name=name, expectations=numbered)
    metrics = MetricsCalculator(execution_engine=batch.data.execution_engine, show_progress_bars=False)
    masks: list[pd.Series | None] = [None] * len(expectations)
    judged = batch.validate(suite, result_format=COUNTS_ONLY)
    for result in judged.results:
        if not result.success:
            position = result.expectation_config.meta["position"]
            count = result.result.get("unexpected_count")
            if count is None:
                # GX's own message may quote a value, so it is not passed on (Q5).
                raise ValidationError(f"{name}: Great Expectations cannot judge by {expectations[position]['kwargs']}.")
            masks[position] = _mask(metrics, suite.expectations[position], int(count), frame)
    return Judgement(masks, judged)


def _batch_of(frame: pd.DataFrame, name: str) -> Any:
    """Wrap the frame for Great Expectations: in memory, without progress bars, telemetry or a docs site."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.data_context.types import base
    from great_expectations.execution_engine import pandas_execution_engine

    # On errors GX logs a message that quotes the values (Q5); the exception raised here is enough.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    # Size in bytes above which GX skips a frame's fingerprint, which is not used and takes half of the time.
    pandas_execution_engine.HASH_THRESHOLD = 0
    silent = base.DataContextConfig(
        # The default creates a folder for a docs site on every call, and never removes it.
        store_backend_defaults=base.InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=base.ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    context = gx.get_context(mode="ephemeral", project_config=silent)
    asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
    return asset.add_batch_definition_whole_dataframe(name).get_batch({"dataframe": frame})


def _mask(metrics: Any, expectation: Any, count: int, frame: pd.DataFrame) -> pd.Series:
    from great_expectations.validator.metric_configuration import MetricConfiguration

    wanted = {k: getattr(expectation, k) for k in type(expectation).success_keys if k != "mostly"}
    metric = MetricConfiguration(
        f"{expectation.map_metric}.condition",
        metric_domain_kwargs={"column": expectation.column, "row_condition": expectation.row_condition},
        metric_value_kwargs=wanted,
    )
    # Metrics that ignore missing values return a mask without those rows: a missing value passes.
    mask: pd.Series = metrics.get_metric(metric)[0].reindex(frame.index, fill_value=False).astype(bool)
    if int(mask.sum()) != count:
        raise ValidationError(
            f"{expectation.expectation_type} on {expectation.column}: Great Expectations counts {count} rows, "
            f"its mask {int(mask.sum())}. Check that the suite fits the installed version."
        )
    return mask


def _findings(frame: pd.DataFrame, mask: pd.Series, expectation: dict[str, Any], key: str) -> pd.DataFrame:
    # Only the columns a finding needs: if most rows are bad, copying whole rows takes a quarter of the time.
    meta = expectation["meta"]
    wanted = ["source_row", "field", key, meta.get("says_column")]
    failed = frame.loc[mask, frame.columns.intersection(wanted)]
    return pd.DataFrame(
        {
            "source_row": failed["source_row"],
            "row_id": failed[key],
            "effect": meta["effect"],
            "reason": meta["reason"],
            "column_name": _shown_column(failed, expectation),
            "problem": failed[meta["says_column"]] if "says_column" in meta else meta["says"],
        }
    )


def _shown_column(failed: pd.DataFrame, expectation: dict[str, Any]) -> str | pd.Series:
    """The source column to show, if the checked column is derived from it."""
    meta = expectation["meta"]
    if "field_suffix" in meta and "field" in failed.columns:
        return failed["field"].str.cat([meta["field_suffix"]] * len(failed))
    return str(meta.get("column", expectation["kwargs"]["column"]))


def set_aside_ids(findings: pd.DataFrame) -> frozenset[str]:
    """Ids of the rows that validation quarantines."""
    return frozenset(findings.loc[findings["effect"] == "quarantine", "row_id"].dropna())


def judge_days(days: pd.Series) -> pd.DataFrame:
    """Check expiry dates, each distinct date once: a million cards expire on a few thousand dates.

    Args:
        days: expiry dates of any number of schedules and relations; missing ones are checked too.

    Returns:
        One row per distinct date: expires_on, and block, the reason why it blocks an automation (P3), or missing if it
        does not.
    """
    distinct = days.drop_duplicates().reset_index(drop=True)
    numbered = pd.DataFrame({"expires_on": distinct, "expires_year": distinct.dt.year, "source_row": distinct.index})
    findings = validate(numbered, EXPIRY, "source_row")
    blocks = findings.loc[findings["effect"] == "block"].drop_duplicates("source_row").set_index("source_row")["reason"]
    block = pd.Series(blocks.reindex(distinct.index).to_numpy(), index=distinct.index, dtype=frames.TEXT)
    return pd.DataFrame({"expires_on": distinct, "block": block})
