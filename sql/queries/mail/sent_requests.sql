-- One row per message just sent that belongs to a request with reminders.
SELECT m.task_id, m.step AS key, m.send_on, s.remind_every_days
FROM messages AS m
INNER JOIN follow_up_subtasks AS s ON s.task_id = m.task_id AND s.key = m.step
WHERE m.message_id IN :message_ids
    AND m.status = 'sent'
    AND s.remind_every_days IS NOT NULL
