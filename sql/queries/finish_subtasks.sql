-- A step that is a mail is done when it has left; a request is done when it is answered.
UPDATE follow_up_subtasks
SET status = 'done'
WHERE status = 'open'
    AND kind IN ('auto_email', 'email')
    AND EXISTS (
        SELECT 1 FROM messages AS m
        WHERE m.task_id = follow_up_subtasks.task_id AND m.subtask = follow_up_subtasks.key AND m.status = 'sent'
    )
