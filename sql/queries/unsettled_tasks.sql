-- One row per open task of a schedule whose field no longer says the date that the task was made for (A2).
SELECT
    t.task_id,
    t.relation_id,
    t.anchor_on,
    f.expires_on,
    EXISTS (
        SELECT 1 FROM follow_up_tasks AS twin
        WHERE twin.relation_id = t.relation_id
            AND twin.template = t.template
            AND twin.schedule = t.schedule
            AND twin.mission_id = t.mission_id
            AND twin.occurrence = CAST(f.expires_on AS text)
    ) AS has_twin
FROM follow_up_tasks AS t
INNER JOIN relation_fields AS f ON f.relation_id = t.relation_id AND f.field = :field
WHERE t.template = :template
    AND t.schedule = :schedule
    AND t.status NOT IN ('done', 'cancelled')
    AND f.expires_on <> t.anchor_on
