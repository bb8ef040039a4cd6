-- The same task, for another date (A2).
UPDATE follow_up_tasks
SET anchor_on = s.anchor_on, occurrence = s.occurrence, due_on = s.due_on, planned_on = s.planned_on
FROM staged_follow_up_tasks AS s
WHERE s.task_id = follow_up_tasks.task_id
