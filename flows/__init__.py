"""WHEN and IN WHAT ORDER: the only rooms that read settings and the clock."""
