"""Readers: a file of any supported format to raw text cells."""
