"""Readers: any supported file format to raw text cells."""
