-- One row per recipient of the staged requests: what their messages say (M8), and how many of the items came.
SELECT
    f.*,
    (
        SELECT COUNT(*) FROM request_items AS i
        WHERE i.task_id = f.task_id AND i.subtask = f.step
    ) AS total_items
FROM staged_follow_up_subtasks AS k
INNER JOIN step_facts AS f ON f.task_id = k.task_id AND f.step = k.key
