-- A sub-task that is a message is done when it is sent; a request is done when it is answered. Written as a join so
-- that SQLite starts from the given messages; otherwise it would search all open sub-tasks, request after request.
UPDATE follow_up_subtasks
SET status = 'done'
FROM messages AS m
WHERE m.message_id IN :message_ids
    AND m.status = 'sent'
    AND m.task_id = follow_up_subtasks.task_id
    AND m.step = follow_up_subtasks.key
    AND follow_up_subtasks.status = 'open'
    AND follow_up_subtasks.kind IN ('auto_email', 'email')
