"""The Prefect server and deployments run by `relance serve`."""
