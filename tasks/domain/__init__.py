"""WHY: pure rules over values and frames. No Prefect, Great Expectations, SQLAlchemy, clock or file."""
