-- A step whose mail will never leave is no longer open; what a request asks for is still wanted.
-- The sequence is named for SQLite alone: it goes by the mails' key then, and not through all that ever was dropped.
UPDATE follow_up_subtasks
SET status = 'skipped'
WHERE status = 'open'
    AND kind <> 'request'
    AND EXISTS (
        SELECT 1 FROM messages AS m
        WHERE m.task_id = follow_up_subtasks.task_id AND m.subtask = follow_up_subtasks.key AND m.sequence >= 0
            AND m.status = 'cancelled'
    )
