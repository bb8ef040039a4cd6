"""What is decided when a record is saved: conditions, forms and rules (W1 to W4).

May touch: nothing but tasks/domain. Tests: tests/unit/rules/test_conditions.py, tests/unit/rules/test_judge.py.
"""
