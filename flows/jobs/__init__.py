"""The work itself, as plain Python without Prefect: what commands, flows and tests call."""
