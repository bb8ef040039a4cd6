-- A step whose mail will never leave is no longer open.
UPDATE follow_up_subtasks
SET status = 'skipped'
WHERE status = 'open'
    AND EXISTS (
        SELECT 1 FROM messages AS m
        WHERE m.task_id = follow_up_subtasks.task_id AND m.subtask = follow_up_subtasks.key AND m.status = 'cancelled'
    )
