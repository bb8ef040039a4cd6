"""Intake: imports files and database rows as relations, users, missions and activities."""
