-- One row per relation that an update group may ask (frames.UPDATE_RELATIONS), in the order of update_fields.sql.
SELECT
    r.relation_id,
    r.type,
    r.status,
    c.type AS company_type,
    c.status AS company_status,
    EXISTS (SELECT 1 FROM held_relations AS h WHERE h.relation_id = r.relation_id) AS is_held,
    made.made_to
FROM relations AS r
LEFT JOIN relations AS c ON c.relation_id = r.company_id
LEFT JOIN (
    SELECT relation_id, MAX(occurrence) AS made_to
    FROM follow_up_tasks
    WHERE template = :template AND schedule = 'update'
    GROUP BY relation_id
) AS made
    ON made.relation_id = r.relation_id
WHERE CAST(:relation_id AS text) IS NULL OR r.relation_id = :relation_id
ORDER BY r.relation_id
