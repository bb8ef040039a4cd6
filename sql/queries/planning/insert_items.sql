-- The items that the requests of the staged tasks ask for, one row per task × request × item.
INSERT INTO request_items (
    task_id, subtask, key, position, label, labels, type, field, status, due_on,
    is_optional, is_reviewed, is_expiry_asked, options, check_name, help, helps, min_files, max_files, accept
)
SELECT
    t.task_id, s.subtask, s.key, s.position, s.label, s.labels, s.type, s.field, s.status, s.due_on,
    s.is_optional, s.is_reviewed, s.is_expiry_asked, s.options, s.check_name, s.help, s.helps,
    s.min_files, s.max_files, s.accept
FROM staged_request_items AS s
INNER JOIN follow_up_tasks AS t
    ON t.relation_id = s.relation_id
    AND t.template = s.template
    AND t.schedule = s.schedule
    AND t.mission_id = s.mission_id
    AND t.occurrence = s.occurrence
WHERE true
ON CONFLICT DO NOTHING
