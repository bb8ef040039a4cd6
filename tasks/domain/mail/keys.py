"""What identifies a message in the outbox (M1): its cause, its step and its recipient.

May touch: nothing. Tests: tests/integration/mail/test_providers.py.
"""

TASK = "task"
RELATION, USER = "relation", "user"
RECIPIENT_KINDS = (RELATION, USER)
MESSAGE_KEY = ("cause_kind", "cause_id", "step", "cycle", "sequence", "recipient_kind", "recipient_id")
# Causes whose messages leave at once: a code that a client waits for, a link asked for anew, a question to the owner,
# an activity, a rule that acts on a save, and a link with which a user signs in.
CODE, PAGE_LINK, QUESTION, ACTIVITY, RULE = "code", "page_link", "question", "activity", "rule"
DESK_LINK = "desk_link"
IMMEDIATE_CAUSES = (CODE, PAGE_LINK, QUESTION, ACTIVITY, RULE, DESK_LINK)


def message_key(cause: tuple[str, str], step: str, recipient: tuple[str, str]) -> dict[str, str]:
    """The part of a message's key that names its cause, its step and its recipient, each of kind and id."""
    return dict(zip(KEY_OF_ONE, (*cause, step, *recipient), strict=True))


KEY_OF_ONE = ("cause_kind", "cause_id", "step", "recipient_kind", "recipient_id")
