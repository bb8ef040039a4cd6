"""Data frames as plain rows, for JSON and tables.

May touch: pandas. Tests: tests/integration/cli/test_cli.py.
"""

from typing import Any

import pandas as pd


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON can hold them: ISO dates, whole numbers, None for missing values."""
    if frame.empty:
        return []
    columns = {}
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_datetime64_any_dtype(column.dtype):
            column = column.dt.strftime("%Y-%m-%d")
        values = column.astype(object).where(column.notna(), None).tolist()
        columns[name] = [int(v) if isinstance(v, float) and v.is_integer() else v for v in values]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
