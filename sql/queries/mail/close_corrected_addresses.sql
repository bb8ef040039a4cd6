-- Close address tasks when nothing suppresses the relation's address any more, unless a person still has to find out
-- whether a message arrived (M7).
UPDATE follow_up_tasks
SET status = 'done', closed_on = :as_of, closed_by = 'mended'
WHERE template = 'mail-address'
    AND status NOT IN ('done', 'cancelled')
    AND NOT EXISTS (
        SELECT 1
        FROM relations AS r
        INNER JOIN suppressions AS s ON s.address = LOWER(r.email) AND s.reason IS NOT NULL
        WHERE r.relation_id = follow_up_tasks.relation_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM follow_up_subtasks AS s
        WHERE s.task_id = follow_up_tasks.task_id AND s.key LIKE 'check-%' AND s.status = 'open'
    )
