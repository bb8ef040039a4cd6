-- The comments on the chosen tasks, oldest first.
SELECT c.task_id, c.comment_id, c.written_at, c.text
FROM task_comments AS c
INNER JOIN staged_follow_up_tasks AS chosen ON chosen.task_id = c.task_id
ORDER BY c.comment_id
