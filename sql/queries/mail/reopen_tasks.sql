-- A task that closed because its messages were sent is reopened when one of them waits for another address.
UPDATE follow_up_tasks
SET status = 'open', closed_on = NULL, closed_by = NULL
FROM messages AS m
WHERE m.message_id IN :message_ids
    AND m.status = 'suppressed'
    AND m.delivery IN ('bounced', 'dropped')
    AND m.task_id = follow_up_tasks.task_id
    AND follow_up_tasks.status = 'done'
    AND follow_up_tasks.closed_by = 'steps'
