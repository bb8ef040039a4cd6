"""Which messages leave in one mail: requests of several past periods (P4), reminders of such requests, digests (K1).

May touch: pandas. Tests: tests/unit/mail/test_combine_law.py, against a slow reference.
"""

from datetime import date

import pandas as pd

RECIPIENT_AND_DAY = ["recipient_kind", "recipient_id", "send_on", "mail_language"]
PERIODS = ["relation_id", "template", "schedule", "step"]


def carriers(leaving: pd.DataFrame, *, is_digest: bool, as_of: date) -> pd.Series:
    """Which message carries each of those that are sent now.

    Only messages of tasks to one recipient, of one day and in one language, are combined:

    * in a digest, all of them (K1);
    * first requests that differ only in their period, if one of the periods is past (P4);
    * reminders, and returns, of requests that were first asked for in one mail.

    Args:
        leaving: one row per message, with message_id, cause_kind, sequence, cycle, kind, due_on, first_mail_id (the
            message in whose mail its request was first asked for; missing for a first message) and the columns above.
        is_digest: whether the firm sends digests.
        as_of: today.

    Returns:
        A message_id per row: the message that carries this one, missing for those that leave themselves. The lowest
        id of a mail carries the others.
    """
    of_tasks = leaving.loc[leaving["cause_kind"] == "task"]
    if is_digest:
        mails = [of_tasks.groupby(RECIPIENT_AND_DAY, sort=False)]
    else:
        first = of_tasks.loc[of_tasks["first_mail_id"].isna() & (of_tasks["kind"] == "request")]
        is_past = first.groupby([*RECIPIENT_AND_DAY, *PERIODS], sort=False)["due_on"].transform("min")
        past = first.loc[is_past < pd.Timestamp(as_of)]
        again = of_tasks.loc[of_tasks["first_mail_id"].notna()]
        mails = [
            past.groupby([*RECIPIENT_AND_DAY, *PERIODS], sort=False),
            again.groupby([*RECIPIENT_AND_DAY, "first_mail_id"], sort=False),
        ]
    lowest = pd.concat([mail["message_id"].transform("min") for mail in mails]).reindex(leaving.index)
    carrier: pd.Series = lowest.where(lowest != leaving["message_id"]).astype("Int64")
    return carrier
