-- A request whose last reminder was just sent is exhausted, once (R5): its task, and the status that it names.
UPDATE follow_up_subtasks
SET exhausted_on = m.send_on
FROM messages AS m
WHERE m.message_id IN :message_ids
    AND m.status = 'sent'
    AND m.sequence > 0
    AND m.task_id = follow_up_subtasks.task_id
    AND m.step = follow_up_subtasks.key
    AND m.cycle = follow_up_subtasks.cycle
    AND follow_up_subtasks.status = 'open'
    AND follow_up_subtasks.completed_on IS NULL
    AND follow_up_subtasks.exhausted_on IS NULL
    AND (
        m.sequence >= follow_up_subtasks.remind_max
        OR (
            SELECT COUNT(*) FROM messages AS sent
            WHERE sent.task_id = m.task_id AND sent.step = m.step AND sent.sequence > 0 AND sent.status = 'sent'
        ) >= :most_reminders
    )
RETURNING follow_up_subtasks.task_id, follow_up_subtasks.on_exhausted
