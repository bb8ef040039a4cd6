-- The open sub-tasks of a closed task get the task's status.
UPDATE follow_up_subtasks
SET status = t.status, is_closed_with_task = true
FROM follow_up_tasks AS t
WHERE t.task_id = follow_up_subtasks.task_id
    AND t.status IN ('done', 'cancelled')
    AND follow_up_subtasks.status = 'open'
