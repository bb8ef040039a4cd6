-- What newly stands in the way; a gap that is open already keeps the day since which it is.
INSERT INTO gaps (relation_id, template, schedule, reason, since_on)
SELECT s.relation_id, s.template, s.schedule, s.reason, s.since_on
FROM staged_gaps AS s
WHERE NOT EXISTS (
    SELECT 1 FROM gaps AS g
    WHERE g.relation_id = s.relation_id
        AND g.template = s.template
        AND g.schedule = s.schedule
        AND g.mended_on IS NULL
)
