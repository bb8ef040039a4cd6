-- One row per message that is unknown or held, oldest first.
SELECT
    m.message_id, m.task_id, m.recipient_id AS relation_id, m.step AS subtask, m.send_on, m.status, m.reason,
    a.attempt_id, a.batch_id, a.opened_at, a.http_status, a.problem
FROM messages AS m
LEFT JOIN attempts AS a ON a.attempt_id = m.attempt_id
WHERE m.status IN ('unknown', 'held')
ORDER BY m.message_id
