-- A relation that is no longer former has not ended.
UPDATE relations SET ended_on = NULL WHERE status <> 'former' AND ended_on IS NOT NULL
