-- A mail that still waits names the old date: it is composed again on its new day. One that an attempt has had in hand is
-- left alone, because that attempt may yet turn out to have arrived.
DELETE FROM messages
WHERE status = 'pending'
    AND attempt_id IS NULL
    AND EXISTS (SELECT 1 FROM staged_follow_up_tasks AS s WHERE s.task_id = messages.task_id)
