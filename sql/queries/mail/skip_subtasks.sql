-- A sub-task whose message will never be sent is no longer open; the items of a request are still wanted.
-- `sequence` is only named for SQLite, which then uses the messages' key instead of scanning all dropped messages.
UPDATE follow_up_subtasks
SET status = 'skipped'
WHERE status = 'open'
    AND kind <> 'request'
    AND EXISTS (
        SELECT 1 FROM messages AS m
        WHERE m.task_id = follow_up_subtasks.task_id AND m.subtask = follow_up_subtasks.key AND m.sequence >= 0
            AND m.status = 'cancelled'
    )
