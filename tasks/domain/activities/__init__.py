"""What is decided about activities: their times, who is told what, and calendars (V1 to V7, T6).

May touch: nothing but tasks/domain. Tests: tests/unit/activities/test_whom_to_tell.py.
"""
