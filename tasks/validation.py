"""Validate: Great Expectations is the only judge of rows. Raw frames to findings, with an effect each.

Law: valid ⊎ quarantined = read (Q1). The suites are data, in expectations/NAME.json; each expectation's
meta says what a failure does (`effect`: quarantine, block, warn, Q2), its reason code, and what it says.
May touch: great_expectations (imported late: it takes seconds), expectations/.
Tests: tests/integration/planning/test_validate.py.
"""

import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tasks.domain import frames

SUITES = Path(__file__).resolve().parents[1] / "expectations"
EXPIRY = "expiry"  # the suite that judges the dates by which schedules go
# Counts and nothing else: values would be personal data in a result (Q5), and cost seconds.
COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}


class ValidationError(Exception):
    """Great Expectations could not judge; a fault of the suite or of the program."""


@dataclass(frozen=True)
class Judgement:
    """What Great Expectations said of one frame.

    Attributes:
        masks: for each expectation the rows that failed it, None where none did.
        results: its own object, with counts and without values, for its own page (tasks/reporting/data_docs.py).
    """

    masks: list[pd.Series | None]
    results: Any


def validate(
    frame: pd.DataFrame, suite_name: str, key: str, keep: Callable[[Any], object] | None = None
) -> pd.DataFrame:
    """Judge every row of a frame by a suite.

    Expectations on columns that the frame does not have are left out: optional columns may be absent.

    Args:
        frame: one row per source row, with source_row.
        suite_name: a file of expectations/.
        key: the column that identifies a row to people.
        keep: is handed Great Expectations' own results, for its Data Docs; not called where nothing was judged.

    Returns:
        One row per expectation and row that failed it (frames.FINDINGS), in the suite's order.

    Raises:
        ValidationError: an expectation raised, or its mask and its count disagree.
    """
    suite = json.loads((SUITES / f"{suite_name}.json").read_text(encoding="utf-8"))
    expectations = [e for e in suite["expectations"] if e["kwargs"]["column"] in frame.columns]
    if frame.empty or not expectations:
        return frames.empty(frames.FINDINGS)
    judged = _judge(frame, suite_name, expectations)
    if keep is not None:
        keep(judged.results)
    failed = [(mask, e) for mask, e in zip(judged.masks, expectations, strict=True) if mask is not None]
    found = [_findings(frame, mask, e, key) for mask, e in failed]
    return pd.concat(found, ignore_index=True) if found else frames.empty(frames.FINDINGS)


def _judge(frame: pd.DataFrame, name: str, expectations: list[dict[str, Any]]) -> Judgement:
    """Ask Great Expectations once: its counts, and the masks of what failed."""
    batch = _batch_of(frame, name)
    from great_expectations.core import ExpectationSuite
    from great_expectations.validator.metrics_calculator import MetricsCalculator

    # GX re-orders a suite's results; the position in meta finds each again.
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
                # Its own words may quote a value, so they are not passed on (Q5).
                raise ValidationError(f"{name}: Great Expectations cannot judge by {expectations[position]['kwargs']}.")
            masks[position] = _mask(metrics, suite.expectations[position], int(count), frame)
    return Judgement(masks, judged)


def _batch_of(frame: pd.DataFrame, name: str) -> Any:
    """The frame as Great Expectations takes it: in memory, without progress bars, telemetry or a docs site."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.data_context.types import base
    from great_expectations.execution_engine import pandas_execution_engine

    # When it cannot judge, it logs an error that quotes the values (Q5); what we raise says enough.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    # Bytes above which GX leaves out a frame's fingerprint: nobody reads it, and it costs half of the pass.
    pandas_execution_engine.HASH_THRESHOLD = 0
    silent = base.DataContextConfig(
        # Its own default makes a folder for a docs site at every call, and leaves it behind.
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
        metric_domain_kwargs={"column": expectation.column},
        metric_value_kwargs=wanted,
    )
    # Metrics that pass over missing values give a mask without them: a missing value passes.
    mask: pd.Series = metrics.get_metric(metric)[0].reindex(frame.index, fill_value=False).astype(bool)
    if int(mask.sum()) != count:
        raise ValidationError(
            f"{expectation.expectation_type} on {expectation.column}: Great Expectations counts {count} rows, "
            f"its mask {int(mask.sum())}. Check that the suite fits the installed version."
        )
    return mask


def _findings(frame: pd.DataFrame, mask: pd.Series, expectation: dict[str, Any], key: str) -> pd.DataFrame:
    # Only what a finding says: where most rows are bad, copying whole ones takes a quarter of the pass.
    failed = frame.loc[mask, frame.columns.intersection(["source_row", "field", key])]
    meta = expectation["meta"]
    return pd.DataFrame(
        {
            "source_row": failed["source_row"],
            "row_id": failed[key],
            "effect": meta["effect"],
            "reason": meta["reason"],
            "column_name": _shown_column(failed, expectation),
            "problem": meta["says"],
            "stands_elsewhere": bool(meta.get("row_stands_elsewhere", False)),
        }
    )


def _shown_column(failed: pd.DataFrame, expectation: dict[str, Any]) -> str | pd.Series:
    """The source's column that people know, where the judged one is derived from it."""
    meta = expectation["meta"]
    if "field_suffix" in meta and "field" in failed.columns:
        return failed["field"].str.cat([meta["field_suffix"]] * len(failed))
    return str(meta.get("column", expectation["kwargs"]["column"]))


def set_aside_ids(findings: pd.DataFrame) -> frozenset[str]:
    """Ids of the rows that validation keeps out."""
    return frozenset(findings.loc[findings["effect"] == "quarantine", "row_id"].dropna())


def judge_days(days: pd.Series) -> pd.DataFrame:
    """Judge expiry dates in one pass, each distinct one once: a million cards expire on a few thousand days.

    Args:
        days: expiry dates of any number of schedules and relations; missing ones are judged, too.

    Returns:
        One row per distinct date: expires_on, and block, the reason that it blocks an automation (P3), missing where it
        does not.
    """
    distinct = days.drop_duplicates().reset_index(drop=True)
    numbered = pd.DataFrame({"expires_on": distinct, "expires_year": distinct.dt.year, "source_row": distinct.index})
    findings = validate(numbered, EXPIRY, "source_row")
    blocks = findings.loc[findings["effect"] == "block"].drop_duplicates("source_row").set_index("source_row")["reason"]
    block = pd.Series(blocks.reindex(distinct.index).to_numpy(), index=distinct.index, dtype=frames.TEXT)
    return pd.DataFrame({"expires_on": distinct, "block": block})
