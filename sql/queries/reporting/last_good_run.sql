-- The number of relations that the last good run read (Q3).
SELECT relations_read
FROM runs
WHERE status = 'done'
ORDER BY run_id DESC
LIMIT 1
