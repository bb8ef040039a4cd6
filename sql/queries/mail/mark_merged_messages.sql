-- Record which task's message carries the requests of these.
UPDATE messages
SET merged_into_task_id = s.merged_into_task_id
FROM staged_messages AS s
WHERE s.merged_into_task_id IS NOT NULL
    AND s.cause_kind = messages.cause_kind
    AND s.cause_id = messages.cause_id
    AND s.step = messages.step
    AND s.cycle = messages.cycle
    AND s.sequence = messages.sequence
    AND s.recipient_kind = messages.recipient_kind
    AND s.recipient_id = messages.recipient_id
    AND messages.status = 'suppressed'
