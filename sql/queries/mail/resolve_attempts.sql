-- An attempt is resolved once none of its messages is unresolved.
UPDATE attempts
SET state = 'resolved'
WHERE state IN ('unknown', 'held')
    AND NOT EXISTS (
        SELECT 1 FROM messages AS m
        WHERE m.attempt_id = attempts.attempt_id AND m.status IN ('unknown', 'held')
    )
