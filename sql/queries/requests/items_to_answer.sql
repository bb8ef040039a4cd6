-- The items of all requests of the staged relations and templates, oldest task first; of closed tasks, too, by which an
-- answer that was imported before is known.
SELECT
    t.relation_id,
    t.template,
    t.task_id,
    t.status AS task_status,
    i.subtask,
    s.status AS step_status,
    i.key,
    i.type,
    i.status,
    i.options,
    i.check_name,
    i.is_expiry_asked,
    i.min_files,
    i.max_files,
    i.accept,
    i.value,
    i.note,
    i.answered_on,
    i.source,
    (
        SELECT COUNT(*) FROM documents AS d
        WHERE d.task_id = i.task_id AND d.step = i.subtask AND d.item = i.key
    ) AS files
FROM staged_follow_up_tasks AS wanted
INNER JOIN follow_up_tasks AS t ON t.relation_id = wanted.relation_id AND t.template = wanted.template
INNER JOIN follow_up_subtasks AS s ON s.task_id = t.task_id AND s.kind = 'request'
INNER JOIN request_items AS i ON i.task_id = s.task_id AND i.subtask = s.key
ORDER BY t.relation_id, t.template, t.due_on, t.task_id, i.subtask, i.position
