-- A step that is a mail is done when it has left; a request is done when it is answered. Written as a join so that the
-- mails at hand lead to their steps: SQLite would look for these among all that are open, request after request.
UPDATE follow_up_subtasks
SET status = 'done'
FROM messages AS m
WHERE m.message_id IN :message_ids
    AND m.status = 'sent'
    AND m.task_id = follow_up_subtasks.task_id
    AND m.subtask = follow_up_subtasks.key
    AND follow_up_subtasks.status = 'open'
    AND follow_up_subtasks.kind IN ('auto_email', 'email')
