-- How many source rows are kept out at present.
SELECT COUNT(*) AS n FROM quarantine
