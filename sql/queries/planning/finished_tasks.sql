-- One row per open task with no open sub-task and at least one done (A3); `has_work`: one done was not a message.
SELECT
    t.task_id,
    t.template,
    EXISTS (
        SELECT 1 FROM follow_up_subtasks AS s
        WHERE s.task_id = t.task_id AND s.status = 'done' AND s.kind IN ('action', 'request')
    ) AS has_work
FROM follow_up_tasks AS t
WHERE t.status NOT IN ('done', 'cancelled')
    AND NOT EXISTS (SELECT 1 FROM follow_up_subtasks AS s WHERE s.task_id = t.task_id AND s.status = 'open')
    AND EXISTS (SELECT 1 FROM follow_up_subtasks AS s WHERE s.task_id = t.task_id AND s.status = 'done')
