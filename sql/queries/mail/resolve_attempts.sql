-- An attempt of which no mail is a question any more is none either.
UPDATE attempts
SET state = 'resolved'
WHERE state IN ('unknown', 'held')
    AND NOT EXISTS (
        SELECT 1 FROM messages AS m
        WHERE m.attempt_id = attempts.attempt_id AND m.status IN ('unknown', 'held')
    )
