-- One row per relation that has the data field, for the quality review (whether it has a value, never the value); a
-- parameter that is null does not filter.
SELECT
    f.relation_id,
    (f.value IS NOT NULL AND f.value <> '') AS has_value,
    f.expires_on
FROM relation_fields AS f
WHERE f.field = :field
    AND (CAST(:relation_id AS text) IS NULL OR f.relation_id = :relation_id)
    AND (
        CAST(:owner_id AS text) IS NULL
        OR f.relation_id IN (SELECT r.relation_id FROM relations AS r WHERE r.owner_id = :owner_id)
    )
