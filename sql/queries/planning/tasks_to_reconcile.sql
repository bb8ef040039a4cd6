-- One row per task of a schedule whose date may have to follow its field's date (A2): open tasks whose field now has
-- another date, and tasks that Relance closed for a later date, or for another task, if the field's date is not later
-- than theirs; of tasks closed because their new date lies past `until`, any date may bring them back. If the template does not close by data (:closes is false), also those closed by their last sub-task.
SELECT
    t.task_id,
    t.relation_id,
    t.anchor_on,
    t.redated_from_on,
    f.expires_on,
    t.status NOT IN ('done', 'cancelled') AS is_open,
    COALESCE(t.closed_by, '') AS closed_by,
    EXISTS (
        SELECT 1 FROM follow_up_tasks AS twin
        WHERE twin.relation_id = t.relation_id
            AND twin.template = t.template
            AND twin.schedule = t.schedule
            AND twin.mission_id = t.mission_id
            AND twin.occurrence = CAST(f.expires_on AS text)
            AND twin.task_id <> t.task_id
    ) AS has_twin
FROM follow_up_tasks AS t
INNER JOIN relation_fields AS f ON f.relation_id = t.relation_id AND f.field = :field
WHERE t.template = :template
    AND t.schedule = :schedule
    AND (CAST(:relation_id AS text) IS NULL OR t.relation_id = :relation_id)
    AND (
        (t.status NOT IN ('done', 'cancelled') AND f.expires_on <> t.anchor_on)
        OR (
            t.closed_by IN ('renewed', 'superseded')
            AND (f.expires_on <= t.anchor_on OR f.expires_on <= t.redated_from_on)
        )
        OR t.closed_by = 'after_end'
        OR (NOT :closes AND t.closed_by = 'steps' AND f.expires_on <> t.anchor_on)
    )
ORDER BY t.task_id
