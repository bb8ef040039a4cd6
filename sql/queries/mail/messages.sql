-- One row per message in the outbox; `dropped` means all that will not be sent unless something changes.
SELECT
    m.message_id, m.task_id, t.relation_id, m.subtask, m.sequence, m.email, m.subject, m.send_on, m.status, m.reason
FROM messages AS m
INNER JOIN follow_up_tasks AS t ON t.task_id = m.task_id
WHERE (
        CAST(:status AS text) IS NULL
        OR m.status = :status
        OR (:status = 'dropped' AND m.status IN ('suppressed', 'cancelled', 'rejected'))
    )
    AND (CAST(:relation_id AS text) IS NULL OR t.relation_id = :relation_id)
    AND m.message_id > :after
ORDER BY m.send_on, m.message_id
