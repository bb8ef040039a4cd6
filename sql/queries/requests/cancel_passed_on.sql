-- What waits for somebody who is no longer asked, or who was asked for want of another, is not sent (R6).
UPDATE messages
SET status = 'cancelled', reason = 'superseded'
WHERE status IN ('pending', 'suppressed')
    AND recipient_kind = 'relation'
    AND EXISTS (
        SELECT 1 FROM request_recipients AS q
        WHERE q.task_id = messages.task_id AND q.step = messages.step AND q.removed_on IS NULL
    )
    AND NOT EXISTS (
        SELECT 1 FROM request_recipients AS q
        WHERE q.task_id = messages.task_id AND q.step = messages.step AND q.removed_on IS NULL
            AND q.recipient_id = messages.recipient_id
    )
