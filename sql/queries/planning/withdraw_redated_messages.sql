-- A waiting message contains the old date, so it is composed again on its new day. One that has been part of an attempt
-- is left unchanged, because that attempt may turn out to have arrived.
DELETE FROM messages
WHERE status = 'pending'
    AND attempt_id IS NULL
    AND EXISTS (SELECT 1 FROM staged_follow_up_tasks AS s WHERE s.task_id = messages.task_id)
