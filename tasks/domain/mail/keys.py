"""What identifies a message in the outbox (M1): its cause, its step and its recipient.

May touch: nothing. Tests: tests/integration/mail/test_providers.py.
"""

TASK = "task"
RELATION, USER = "relation", "user"
RECIPIENT_KINDS = (RELATION, USER)
MESSAGE_KEY = ("cause_kind", "cause_id", "step", "cycle", "sequence", "recipient_kind", "recipient_id")
# Causes whose messages leave at once: a code that a client waits for, a link asked for anew, a question to the owner.
CODE, PAGE_LINK, QUESTION = "code", "page_link", "question"
IMMEDIATE_CAUSES = (CODE, PAGE_LINK, QUESTION)
