-- The only sub-task of an address task, for a person of the firm.
INSERT INTO follow_up_subtasks (task_id, key, position, kind, label, due_on, status)
SELECT t.task_id, 'mend', 0, 'action', t.label, t.due_on, 'open'
FROM follow_up_tasks AS t
WHERE t.template = 'mail-address'
    AND t.status = 'open'
    AND NOT EXISTS (SELECT 1 FROM follow_up_subtasks AS s WHERE s.task_id = t.task_id)
ON CONFLICT (task_id, key) DO NOTHING
