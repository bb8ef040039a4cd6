-- One row per open request that has items or was sent: what it waits for, and its reminders; of one relation, or of all.
SELECT
    t.relation_id,
    t.task_id,
    t.template,
    t.schedule,
    t.mission_id,
    t.anchor_on,
    t.period,
    t.status AS task_status,
    s.key AS step,
    s.completed_on,
    s.exhausted_on,
    s.remind_on,
    s.remind_max,
    s.cycle,
    (
        SELECT COUNT(*) FROM request_items AS i
        WHERE i.task_id = s.task_id AND i.subtask = s.key AND i.status IN ('open', 'returned')
    ) AS wanted_items,
    (
        SELECT COUNT(*) FROM request_items AS i
        WHERE i.task_id = s.task_id AND i.subtask = s.key AND i.status IN ('open', 'returned')
            AND (i.promised_on IS NULL OR i.promised_on < :as_of)
    ) AS unpromised_items,
    (
        SELECT MIN(i.promised_on) FROM request_items AS i
        WHERE i.task_id = s.task_id AND i.subtask = s.key AND i.status IN ('open', 'returned')
    ) AS promised_on,
    (
        SELECT COUNT(*) FROM request_items AS i
        WHERE i.task_id = s.task_id AND i.subtask = s.key AND i.status = 'received' AND i.is_reviewed
    ) AS items_to_review,
    (
        SELECT MAX(m.sequence) FROM messages AS m
        WHERE m.task_id = s.task_id AND m.step = s.key AND m.cycle = s.cycle AND m.status <> 'suppressed'
    ) AS last_sequence,
    (
        SELECT MIN(m.reason) FROM messages AS m
        WHERE m.task_id = s.task_id AND m.step = s.key AND m.status IN ('suppressed', 'held', 'unknown')
    ) AS stopped_by,
    (
        SELECT MIN(m.send_on) FROM messages AS m
        WHERE m.task_id = s.task_id AND m.step = s.key
            AND (m.status IN ('pending', 'sending') OR (m.status = 'suppressed' AND m.reason IN ('paused', 'capped')))
    ) AS waiting_send_on
FROM follow_up_subtasks AS s
INNER JOIN follow_up_tasks AS t ON t.task_id = s.task_id
WHERE s.kind = 'request'
    AND s.status = 'open'
    AND t.status NOT IN ('done', 'cancelled')
    AND (CAST(:relation_id AS text) IS NULL OR t.relation_id = :relation_id)
ORDER BY t.task_id, s.position
