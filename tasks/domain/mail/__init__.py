"""Rules for messages."""
