-- A step whose mail has left is done.
UPDATE follow_up_subtasks
SET status = 'done'
WHERE status = 'open'
    AND kind = 'auto_email'
    AND EXISTS (
        SELECT 1 FROM messages AS m
        WHERE m.task_id = follow_up_subtasks.task_id AND m.subtask = follow_up_subtasks.key AND m.status = 'sent'
    )
