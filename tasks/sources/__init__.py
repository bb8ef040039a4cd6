"""Reading source files: one door (door.py), and a module for each thing that a file can be."""
