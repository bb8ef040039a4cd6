-- The number of source rows in quarantine now.
SELECT COUNT(*) AS n FROM quarantine
