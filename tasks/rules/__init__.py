"""Rules that act when a record is saved: at once, later, and why not (W2 to W4).

May touch: sql, tasks/activities, tasks/mail, tasks/planning, tasks/domain. Tests: tests/integration/rules/test_act.py.
"""
