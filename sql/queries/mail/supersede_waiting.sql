-- A waiting message is superseded by a later one of the same task (M2).
UPDATE messages
SET status = 'cancelled', reason = 'superseded'
WHERE status = 'pending'
    AND EXISTS (
        SELECT 1
        FROM follow_up_subtasks AS mine
        INNER JOIN follow_up_subtasks AS later ON later.task_id = mine.task_id AND later.send_on > mine.send_on
        INNER JOIN messages AS m ON m.task_id = later.task_id AND m.step = later.key
        WHERE mine.task_id = messages.task_id
            AND mine.key = messages.step
            AND m.status IN ('pending', 'sending', 'sent', 'unknown', 'held')
    )
