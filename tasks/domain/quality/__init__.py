"""Rules for the quality review."""
