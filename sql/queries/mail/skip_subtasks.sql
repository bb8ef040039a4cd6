-- A sub-task whose message will never be sent is no longer open; the items of a request are still wanted.
UPDATE follow_up_subtasks
SET status = 'skipped'
WHERE status = 'open'
    AND kind <> 'request'
    AND EXISTS (
        SELECT 1 FROM messages AS m
        WHERE m.task_id = follow_up_subtasks.task_id AND m.step = follow_up_subtasks.key
            AND m.status = 'cancelled'
    )
