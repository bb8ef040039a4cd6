-- One row per sub-task of the chosen tasks, in the template's order.
SELECT
    s.task_id, s.key, s.kind, s.status, s.label, s.due_on, COALESCE(s.assignee_id, r.owner_id) AS assignee_id,
    CASE WHEN s.status = 'open' AND s.completed_on IS NULL AND s.exhausted_on IS NULL THEN s.remind_on END AS remind_on,
    s.completed_on, s.exhausted_on
FROM follow_up_subtasks AS s
INNER JOIN staged_follow_up_tasks AS chosen ON chosen.task_id = s.task_id
INNER JOIN follow_up_tasks AS t ON t.task_id = s.task_id
INNER JOIN relations AS r ON r.relation_id = t.relation_id
ORDER BY s.task_id, s.position
