-- A step whose mail will never leave is no longer open; what a request asks for is still wanted.
UPDATE follow_up_subtasks
SET status = 'skipped'
WHERE status = 'open'
    AND kind <> 'request'
    AND EXISTS (
        SELECT 1 FROM messages AS m
        WHERE m.task_id = follow_up_subtasks.task_id AND m.subtask = follow_up_subtasks.key AND m.status = 'cancelled'
    )
