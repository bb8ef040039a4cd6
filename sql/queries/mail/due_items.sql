-- One row per open item of the requests whose first message is due, in the template's order.
SELECT i.task_id, i.subtask, i.key, i.label, i.labels, i.type
FROM request_items AS i
INNER JOIN follow_up_subtasks AS s ON s.task_id = i.task_id AND s.key = i.subtask
INNER JOIN follow_up_tasks AS t ON t.task_id = s.task_id
WHERE s.kind = 'request'
    AND s.status = 'open'
    AND s.send_on <= :as_of
    AND i.status IN ('open', 'returned')
    AND t.status NOT IN ('done', 'cancelled')
    AND NOT EXISTS (
        SELECT 1 FROM messages AS m
        WHERE m.task_id = i.task_id AND m.step = i.subtask AND m.status <> 'suppressed'
    )
ORDER BY i.task_id, i.subtask, i.position
