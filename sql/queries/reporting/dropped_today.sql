-- One row per message that will not be sent unless something changes, of tasks that are open or were created that day.
SELECT m.message_id, m.task_id, r.relation_id, r.name, m.step AS subtask, m.send_on, m.reason
FROM messages AS m
INNER JOIN follow_up_tasks AS t ON t.task_id = m.task_id
INNER JOIN relations AS r ON r.relation_id = t.relation_id
WHERE m.status IN ('suppressed', 'cancelled', 'rejected')
    AND (t.status NOT IN ('done', 'cancelled') OR t.created_on = :as_of)
ORDER BY m.message_id DESC
