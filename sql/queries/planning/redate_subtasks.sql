-- New days for sub-tasks that are still to come.
UPDATE follow_up_subtasks
SET send_on = s.send_on, due_on = s.due_on
FROM staged_follow_up_subtasks AS s
WHERE s.task_id = follow_up_subtasks.task_id AND s.step_key = follow_up_subtasks.key
