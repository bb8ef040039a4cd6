-- One row per relation: one data field of an update group (frames.UPDATE_FIELDS), in the order of
-- update_relations.sql. Of a document, the firm may know no more than its expiry date.
SELECT
    f.relation_id IS NOT NULL AS is_there,
    (COALESCE(f.value, '') <> '' OR (:is_document AND f.expires_on IS NOT NULL)) AS has_value,
    f.expires_on,
    f.next_update_on,
    f.frequency,
    f.updated_on,
    asked.asked_to
FROM relations AS r
LEFT JOIN relation_fields AS f ON f.relation_id = r.relation_id AND f.field = :field
LEFT JOIN (
    SELECT t.relation_id, MAX(t.occurrence) AS asked_to
    FROM follow_up_tasks AS t
    INNER JOIN request_items AS i ON i.task_id = t.task_id AND i.subtask = 'update' AND i.key = :field
    WHERE t.template = :template AND t.schedule = 'update'
    GROUP BY t.relation_id
) AS asked
    ON asked.relation_id = r.relation_id
WHERE CAST(:relation_id AS text) IS NULL OR r.relation_id = :relation_id
ORDER BY r.relation_id
