-- The steps of re-dated tasks whose send day moves with the due day.
SELECT s.task_id, s.key AS step_key, s.offset_days, staged.due_on
FROM follow_up_subtasks AS s
INNER JOIN staged_follow_up_tasks AS staged ON staged.task_id = s.task_id
WHERE s.offset_days IS NOT NULL AND s.status = 'open'
