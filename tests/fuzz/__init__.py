"""A hunt, as a program, for files that break an import: `python -m tests.fuzz --files 10000 --seed N`.

Good files are made, spoiled, and sent the whole way of an import; each must come in row by row, or be refused in
words. Every file is made from the seed and its number alone. Tests: tests/integration/intake/test_fuzz.py.
"""
