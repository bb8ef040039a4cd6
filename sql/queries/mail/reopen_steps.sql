-- Reopen the sub-task of a message that came back.
UPDATE follow_up_subtasks
SET status = 'open'
FROM messages AS m
WHERE m.message_id IN :message_ids
    AND m.status = 'suppressed'
    AND m.delivery IN ('bounced', 'dropped')
    AND m.task_id = follow_up_subtasks.task_id
    AND m.step = follow_up_subtasks.key
    AND follow_up_subtasks.status = 'done'
    AND follow_up_subtasks.kind IN ('auto_email', 'email')
