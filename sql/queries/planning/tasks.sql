-- One row per task, for lists; a parameter that is null does not filter.
SELECT
    t.task_id, t.relation_id, t.template, t.schedule, t.mission_id, t.anchor_on, t.period, t.label,
    t.planned_on, t.created_on, t.due_on, t.status, t.closed_on, t.closed_by,
    r.owner_id
FROM follow_up_tasks AS t
INNER JOIN relations AS r ON r.relation_id = t.relation_id
WHERE (CAST(:status AS text) IS NULL OR t.status = :status)
    AND (CAST(:template AS text) IS NULL OR t.template = :template)
    AND (CAST(:relation_id AS text) IS NULL OR t.relation_id = :relation_id)
    AND (CAST(:mission_id AS text) IS NULL OR t.mission_id = :mission_id)
    AND (CAST(:owner_id AS text) IS NULL OR r.owner_id = :owner_id)
    AND (CAST(:due_before AS date) IS NULL OR t.due_on < :due_before)
    AND (NOT :only_open OR t.status NOT IN ('done', 'cancelled'))
    AND t.task_id > :after
ORDER BY t.due_on, t.task_id
