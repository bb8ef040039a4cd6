"""Guesses a profile for an unknown file: from the words of its titles, and from its cells."""
