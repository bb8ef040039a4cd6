-- The next reminder of each request counts from the real sending of the message before (M4).
UPDATE follow_up_subtasks
SET remind_on = s.remind_on
FROM staged_follow_up_subtasks AS s
WHERE s.task_id = follow_up_subtasks.task_id AND s.key = follow_up_subtasks.key
