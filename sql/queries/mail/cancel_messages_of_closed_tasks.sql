-- A closed task sends nothing more (A1).
UPDATE messages
SET status = 'cancelled', reason = 'already_done'
WHERE status IN ('pending', 'suppressed')
    AND EXISTS (
        SELECT 1 FROM follow_up_tasks AS t
        WHERE t.task_id = messages.task_id AND t.status IN ('done', 'cancelled')
    )
