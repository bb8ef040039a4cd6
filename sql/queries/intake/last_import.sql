-- The number of rows in the last good read of one feed that was not undone (Q3).
SELECT read
FROM imports
WHERE kind = :kind AND mapping = :mapping AND stream = :stream AND undone_at IS NULL
ORDER BY import_id DESC
LIMIT 1
