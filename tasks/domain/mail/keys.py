"""What identifies a message in the outbox (M1): its cause, its step and its recipient.

May touch: nothing. Tests: tests/integration/mail/test_providers.py.
"""

TASK = "task"
RELATION, USER = "relation", "user"
RECIPIENT_KINDS = (RELATION, USER)
MESSAGE_KEY = ("cause_kind", "cause_id", "step", "cycle", "sequence", "recipient_kind", "recipient_id")
# Causes whose messages leave at once: a code that a client waits for, a link asked for anew, a question to the owner,
# an activity, and a rule that acts on a save.
CODE, PAGE_LINK, QUESTION, ACTIVITY, RULE = "code", "page_link", "question", "activity", "rule"
IMMEDIATE_CAUSES = (CODE, PAGE_LINK, QUESTION, ACTIVITY, RULE)
