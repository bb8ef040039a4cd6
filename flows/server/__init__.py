"""Prefect, hosted by `relance serve`."""
