-- One row per step of the tasks that the same filters choose.
SELECT s.task_id, s.key, s.kind, s.label, s.status
FROM follow_up_subtasks AS s
INNER JOIN follow_up_tasks AS t ON t.task_id = s.task_id
WHERE (CAST(:status AS text) IS NULL OR t.status = :status)
    AND (CAST(:template AS text) IS NULL OR t.template = :template)
    AND (CAST(:relation_id AS text) IS NULL OR t.relation_id = :relation_id)
    AND t.task_id > :after
ORDER BY s.task_id, s.position
