"""The figures of a preview: what is filled, and dates by year."""

import pandas as pd

from tasks.domain import frames
from tasks.domain.intake.preview_shares import count_shares


def test_filled_cells_and_years_are_counted():
    cells = {
        "name": ["A", "B", "C"],
        "email": ["a@x.example", None, None],
        "id_card": ["1", None, None],
        "id_card.expires_on": ["2026-12-31", "2027-01-01", "31/12/2027"],
        "starts_at": ["2026-12-31T23:00:00Z", None, "2026-01-01"],
    }
    shares = count_shares(pd.DataFrame(cells, dtype=frames.TEXT))
    assert (shares.rows, shares.filled) == (3, {"email": 1, "name": 3})
    assert shares.years == {"id_card.expires_on": {"2026": 1, "2027": 1}, "starts_at": {"2026": 2}}


def test_no_rows_have_no_shares():
    shares = count_shares(pd.DataFrame({"name": pd.Series([], dtype=frames.TEXT)}))
    assert (shares.rows, shares.filled, shares.years) == (0, {"name": 0}, {})
