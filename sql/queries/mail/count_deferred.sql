-- How many messages wait for their day, or for a run that delivers.
SELECT COUNT(*) AS n FROM messages WHERE status = 'pending'
