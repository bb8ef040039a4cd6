"""The examination of one file that a client sent, in a process of its own with limits.

May touch: the folders of its modules' arguments. Tests: tests/integration/requests/inspection/test_inspected_files.py.
"""
