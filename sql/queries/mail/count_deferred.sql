-- The number of messages waiting for their day, or for a run that delivers.
SELECT COUNT(*) AS n FROM messages WHERE status = 'pending'
