-- Messages that were cancelled with the task wait to be composed again; sent ones stay sent.
UPDATE messages
SET status = 'suppressed'
FROM follow_up_subtasks AS step
INNER JOIN staged_follow_up_tasks AS s ON s.task_id = step.task_id
WHERE step.task_id = messages.task_id
    AND step.key = messages.step
    AND step.status = 'open'
    AND messages.status = 'cancelled'
    AND messages.reason = 'already_done'
