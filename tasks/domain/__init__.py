"""Business rules: pure functions on values and frames. No Prefect, Great Expectations, SQLAlchemy, clock or files."""
