-- The numbers of open requests: waiting for the client, waiting for a review, exhausted; and of reminders that left today.
SELECT
    COUNT(CASE WHEN s.completed_on IS NULL AND s.exhausted_on IS NULL THEN 1 END) AS waiting,
    COUNT(CASE WHEN s.completed_on IS NOT NULL THEN 1 END) AS to_review,
    COUNT(CASE WHEN s.completed_on IS NULL AND s.exhausted_on IS NOT NULL THEN 1 END) AS exhausted,
    (SELECT COUNT(*) FROM messages AS m WHERE m.sequence > 0 AND m.status = 'sent' AND m.send_on = :as_of) AS reminders
FROM follow_up_subtasks AS s
INNER JOIN follow_up_tasks AS t ON t.task_id = s.task_id
WHERE s.kind = 'request'
    AND s.status = 'open'
    AND t.status NOT IN ('done', 'cancelled')
    AND EXISTS (
        SELECT 1 FROM messages AS m
        WHERE m.task_id = s.task_id AND m.step = s.key AND m.cycle = 0 AND m.sequence = 0 AND m.status = 'sent'
    )
