"""WHAT: one module a room, each a doorway: read or write, call one rule, log counts."""
