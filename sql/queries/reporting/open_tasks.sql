-- One row per open task, most urgent first.
SELECT t.task_id, t.relation_id, r.name, t.template, t.schedule, t.label, t.due_on, t.status, t.created_on
FROM follow_up_tasks AS t
INNER JOIN relations AS r ON r.relation_id = t.relation_id
WHERE t.status NOT IN ('done', 'cancelled')
ORDER BY t.due_on, t.task_id
