-- The sub-tasks of tasks about to be re-dated whose days move with the task's, with the task's days before and after.
SELECT
    s.task_id, s.key AS step_key, s.send_from, s.send_on, s.due_on AS step_due_on,
    t.due_on AS old_due_on, t.planned_on AS old_planned_on,
    staged.due_on, staged.planned_on
FROM follow_up_subtasks AS s
INNER JOIN follow_up_tasks AS t ON t.task_id = s.task_id
INNER JOIN staged_follow_up_tasks AS staged ON staged.task_id = s.task_id
WHERE s.status = 'open' AND (s.send_on IS NOT NULL OR s.due_on IS NOT NULL)
