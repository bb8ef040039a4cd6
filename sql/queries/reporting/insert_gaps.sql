-- Insert new gaps; a gap that is already open keeps its start date.
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
