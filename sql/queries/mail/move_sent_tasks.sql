-- A request whose first message was just sent moves its task to the status that the template names; a closed task stays closed.
UPDATE follow_up_tasks
SET status = s.on_sent
FROM messages AS m
INNER JOIN follow_up_subtasks AS s ON s.task_id = m.task_id AND s.key = m.step
WHERE m.message_id IN :message_ids
    AND m.status = 'sent'
    AND m.cycle = 0
    AND m.sequence = 0
    AND s.on_sent IS NOT NULL
    AND m.task_id = follow_up_tasks.task_id
    AND follow_up_tasks.status NOT IN ('done', 'cancelled')
