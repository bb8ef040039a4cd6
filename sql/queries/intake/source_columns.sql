-- One row per import that was not undone, oldest first: the columns of its file.
SELECT kind, mapping, source_file, details
FROM imports
WHERE undone_at IS NULL AND details IS NOT NULL
ORDER BY import_id
