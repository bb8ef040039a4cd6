-- One row per source row that is still in quarantine.
SELECT kind, mapping, stream, source_file, source_row, row_id, reason, column_name, problem, is_holding, since_on, raw
FROM quarantine
ORDER BY kind, source_file, source_row
