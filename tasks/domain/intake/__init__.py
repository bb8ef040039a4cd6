"""Rules for imports."""
