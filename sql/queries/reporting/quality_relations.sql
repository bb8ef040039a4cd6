-- One row per relation, for the quality review (frames.REVIEWED); a parameter that is null does not filter.
SELECT
    r.relation_id,
    r.type,
    r.status,
    r.email,
    r.owner_id,
    u.user_id IS NOT NULL AS is_owner_known
FROM relations AS r
LEFT JOIN users AS u ON u.user_id = r.owner_id
WHERE (CAST(:relation_id AS text) IS NULL OR r.relation_id = :relation_id)
    AND (CAST(:owner_id AS text) IS NULL OR r.owner_id = :owner_id)
