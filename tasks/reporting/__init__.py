"""Reporting: what happened and what is missing, as pages and files."""
