-- The same task, for another date (A2); the date it was created for is kept, so that the change can be reversed.
UPDATE follow_up_tasks
SET anchor_on = s.anchor_on,
    occurrence = s.occurrence,
    due_on = s.due_on,
    planned_on = s.planned_on,
    redated_from_on = COALESCE(follow_up_tasks.redated_from_on, follow_up_tasks.anchor_on)
FROM staged_follow_up_tasks AS s
WHERE s.task_id = follow_up_tasks.task_id
