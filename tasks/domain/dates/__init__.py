"""Dates: recurrence, working days, dates in text."""
