-- One row per message in the outbox; `dropped` means all that will not be sent unless something changes.
SELECT
    m.message_id,
    m.task_id,
    CASE WHEN m.cause_kind = 'activity' THEN m.cause_id END AS activity_id,
    CASE WHEN m.recipient_kind = 'relation' THEN m.recipient_id END AS relation_id,
    CASE WHEN m.recipient_kind = 'user' THEN m.recipient_id END AS user_id,
    m.step AS subtask,
    m.sequence,
    m.email,
    m.subject,
    m.send_on,
    m.send_at,
    m.status,
    m.reason
FROM messages AS m
WHERE (
        CAST(:status AS text) IS NULL
        OR m.status = :status
        OR (:status = 'dropped' AND m.status IN ('suppressed', 'cancelled', 'rejected')
            AND COALESCE(m.reason, '') NOT IN ('paused', 'capped')
            -- To be written anew by the next run.
            AND NOT (m.status = 'suppressed' AND COALESCE(m.reason, '') = 'superseded'))
    )
    AND (CAST(:relation_id AS text) IS NULL OR (m.recipient_kind = 'relation' AND m.recipient_id = :relation_id))
    AND m.message_id > :after
ORDER BY m.send_on, m.message_id
