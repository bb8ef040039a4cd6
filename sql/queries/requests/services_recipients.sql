-- The open requests without chosen recipients whose mission service names some (R6).
SELECT s.task_id, s.key AS step, v.recipients
FROM mission_services AS v
INNER JOIN follow_up_tasks AS t ON t.mission_id = v.mission_id AND t.template = v.template
INNER JOIN follow_up_subtasks AS s ON s.task_id = t.task_id
WHERE v.recipients IS NOT NULL
    AND s.kind = 'request'
    AND s.status = 'open'
    AND s.completed_on IS NULL
    AND t.status NOT IN ('done', 'cancelled')
    AND NOT EXISTS (SELECT 1 FROM request_recipients AS q WHERE q.task_id = s.task_id AND q.step = s.key)
ORDER BY s.task_id, s.key
