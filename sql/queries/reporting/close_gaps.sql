-- Close open gaps that the run looked at and did not find: of its schedule (of all if :template is null), of its
-- relations (the staged ones, or all if :everyone). A backdated run closes no gap before the gap's own start date.
UPDATE gaps
SET mended_on = CASE WHEN since_on > :as_of THEN since_on ELSE :as_of END
WHERE mended_on IS NULL
    AND (CAST(:template AS text) IS NULL OR (template = :template AND schedule = :schedule))
    AND (:everyone OR relation_id IN (SELECT w.relation_id FROM staged_relations AS w))
    AND NOT EXISTS (
        SELECT 1 FROM staged_gaps AS s
        WHERE s.relation_id = gaps.relation_id AND s.template = gaps.template AND s.schedule = gaps.schedule
    )
