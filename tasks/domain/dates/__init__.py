"""Dates: recurrence, working days, and parsing."""
