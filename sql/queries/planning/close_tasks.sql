-- A task that is already closed is unchanged.
UPDATE follow_up_tasks
SET status = s.status, closed_on = s.closed_on, closed_by = s.closed_by, status_before = follow_up_tasks.status
FROM staged_follow_up_tasks AS s
WHERE s.task_id = follow_up_tasks.task_id AND follow_up_tasks.status NOT IN ('done', 'cancelled')
