-- The sub-tasks of the staged tasks, one row per task × sub-task of its template.
INSERT INTO follow_up_subtasks (
    task_id, key, position, kind, label, labels, message,
    offset_days, send_from, send_on, due_on, assignee_id, status,
    on_sent, on_exhausted, on_returned, on_complete,
    remind_every_days, remind_max, remind_message, remind_message_started, recipients
)
SELECT
    t.task_id, s.key, s.position, s.kind, s.label, s.labels, s.message,
    s.offset_days, s.send_from, s.send_on, s.due_on, s.assignee_id, s.status,
    s.on_sent, s.on_exhausted, s.on_returned, s.on_complete,
    s.remind_every_days, s.remind_max, s.remind_message, s.remind_message_started, s.recipients
FROM staged_follow_up_subtasks AS s
INNER JOIN follow_up_tasks AS t
    ON t.relation_id = s.relation_id
    AND t.template = s.template
    AND t.schedule = s.schedule
    AND t.mission_id = s.mission_id
    AND t.occurrence = s.occurrence
WHERE true
ON CONFLICT DO NOTHING
