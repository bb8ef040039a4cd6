-- The id of the newest task, 0 before the first.
SELECT COALESCE(MAX(task_id), 0) AS task_id FROM follow_up_tasks
