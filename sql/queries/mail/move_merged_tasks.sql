-- A message that carries other tasks' requests moves those tasks, too; a closed task stays closed.
UPDATE follow_up_tasks
SET status = s.on_sent
FROM messages AS carrier
INNER JOIN messages AS m
    ON m.merged_into_task_id = carrier.task_id
    AND m.step = carrier.step
    AND m.recipient_kind = carrier.recipient_kind
    AND m.recipient_id = carrier.recipient_id
    AND m.status = 'suppressed'
INNER JOIN follow_up_subtasks AS s ON s.task_id = m.task_id AND s.key = m.step
WHERE carrier.message_id IN :message_ids
    AND carrier.status = 'sent'
    AND carrier.sequence = 0
    AND s.on_sent IS NOT NULL
    AND m.task_id = follow_up_tasks.task_id
    AND follow_up_tasks.status NOT IN ('done', 'cancelled')
