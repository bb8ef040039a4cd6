"""Activities: saved, listed, copied; who is notified, reminded and invited (V1 to V7).

May touch: sql, tasks/mail, tasks/domain. Tests: tests/integration/activities/test_save.py.
"""
