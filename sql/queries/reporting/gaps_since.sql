-- One row per gap that is open, or was closed after a date.
SELECT relation_id, template, schedule, reason, since_on, mended_on
FROM gaps
WHERE mended_on IS NULL OR mended_on > :after
