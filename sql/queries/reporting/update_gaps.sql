-- Update open gaps whose reason has changed.
UPDATE gaps
SET reason = s.reason
FROM staged_gaps AS s
WHERE s.relation_id = gaps.relation_id
    AND s.template = gaps.template
    AND s.schedule = gaps.schedule
    AND s.reason <> gaps.reason
    AND gaps.mended_on IS NULL
