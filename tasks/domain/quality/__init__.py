"""Rules of the quality review."""
