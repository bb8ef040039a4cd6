"""The work itself, as plain Python without Prefect; called by commands, flows and tests."""
