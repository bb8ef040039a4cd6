-- One row per recipient and sub-task of an open task whose send day has come, and that has no message which is being sent or
-- final; with its key in the outbox (M1), and the facts that decide (M2, M3, P7) and are merge fields (M8).
SELECT
    'task' AS cause_kind,
    CAST(f.task_id AS text) AS cause_id,
    0 AS cycle,
    0 AS sequence,
    'relation' AS recipient_kind,
    f.*,
    f.send_from IS NULL AS is_by_hand,
    (
        SELECT MAX(sent.send_on)
        FROM follow_up_subtasks AS sent
        INNER JOIN messages AS m2 ON m2.task_id = sent.task_id AND m2.step = sent.key
        WHERE sent.task_id = f.task_id AND m2.status NOT IN ('suppressed', 'cancelled')
    ) AS latest_sent_on,
    m.status AS message_status,
    m.reason AS message_reason
FROM step_facts AS f
LEFT JOIN messages AS m
    ON m.task_id = f.task_id
    AND m.step = f.step
    AND m.cycle = 0
    AND m.sequence = 0
    AND m.recipient_kind = 'relation'
    AND m.recipient_id = f.recipient_id
WHERE f.kind IN ('auto_email', 'email', 'request')
    AND f.step_status = 'open'
    AND f.completed_on IS NULL
    AND f.raw_send_on <= :as_of
    AND f.task_status NOT IN ('done', 'cancelled')
    AND (m.status IS NULL OR m.status = 'suppressed')
    AND (CAST(:template AS text) IS NULL OR (f.template = :template AND f.schedule = :schedule))
    AND (CAST(:task_id AS integer) IS NULL OR f.task_id = :task_id)
ORDER BY f.task_id, f.position, f.recipient_id
