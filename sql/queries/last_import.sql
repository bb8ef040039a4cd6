-- The last good read of one feed: how many rows it had (Q3).
SELECT read
FROM imports
WHERE kind = :kind AND mapping = :mapping AND source_file = :source_file
ORDER BY import_id DESC
LIMIT 1
