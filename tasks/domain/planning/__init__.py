"""Rules for planning."""
