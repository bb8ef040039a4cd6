-- Record which task's message carries the requests of these.
UPDATE messages
SET merged_into_task_id = s.merged_into_task_id
FROM staged_messages AS s
WHERE s.merged_into_task_id IS NOT NULL
    AND s.task_id = messages.task_id
    AND s.subtask = messages.subtask
    AND s.sequence = messages.sequence
    AND s.recipient_id = messages.recipient_id
    AND messages.status = 'suppressed'
