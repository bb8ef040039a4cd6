-- Reopen the sub-tasks that were closed with their task.
UPDATE follow_up_subtasks
SET status = 'open', is_closed_with_task = NULL
FROM follow_up_tasks AS t
INNER JOIN staged_follow_up_tasks AS s ON s.task_id = t.task_id
WHERE t.task_id = follow_up_subtasks.task_id
    AND t.status NOT IN ('done', 'cancelled')
    AND follow_up_subtasks.is_closed_with_task
