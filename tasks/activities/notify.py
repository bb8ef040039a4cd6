"""The mail to an activity's owner at a save, where the box for it is ticked (V1).

May touch: sql, tasks/mail. Tests: tests/integration/activities/test_save.py.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from tasks.activities.merge import merge_of
from tasks.domain.activities.activity import Activity
from tasks.domain.activities.times import local_of
from tasks.domain.definitions.record_fields import ACTIVITY_STATUSES
from tasks.domain.mail.keys import ACTIVITY, USER, message_key
from tasks.mail.immediate import queue_message
from tasks.mail.render import Renderer

SAVED = "saved"


def notify_owner(
    connection: Connection, renderer: Renderer, zone: ZoneInfo, activity: Activity, now: datetime, *, is_new: bool
) -> bool:
    """Queue the mail of one save, under the save's number, so that it is one mail; return whether there is one.

    There is none without an owner, for what is over (V2), or of a status that says nothing to us.
    """
    is_ours = activity.status in ACTIVITY_STATUSES
    if activity.owner_id is None or activity.is_over(now.replace(tzinfo=None)) or not is_ours:
        return False
    merge = merge_of(connection, activity, zone)
    queue_message(
        connection,
        renderer,
        "activity_saved",
        message_key((ACTIVITY, activity.activity_id), SAVED, (USER, activity.owner_id)),
        language=None,
        merge=merge | {"activity": merge["activity"] | {"is_new": is_new}},
        send_on=local_of(now.replace(tzinfo=None), zone).date(),
        cycle=activity.saves,
    )
    return True
