-- One row per relation × a schedule with recurring dates: assigned relations and, if the schedule is for :everyone or
-- :relation_id is given, others too (frames.RECURRING).
SELECT
    r.relation_id,
    r.type,
    r.status,
    r.first_seen_on,
    (:everyone OR a.relation_id IS NOT NULL) AS is_assigned,
    a.start_on,
    a.stop_on,
    '' AS mission_id,
    CAST(NULL AS text) AS mission_status,
    CAST(NULL AS date) AS first_on,
    CAST(NULL AS text) AS frequency,
    CAST(NULL AS date) AS until_on,
    CAST(NULL AS integer) AS quantity,
    false AS is_backfill,
    CAST(NULL AS date) AS signed_seen_on,
    EXISTS (SELECT 1 FROM held_relations AS h WHERE h.relation_id = r.relation_id) AS is_held,
    made.made_from,
    made.made_to,
    t.status AS task_status
FROM relations AS r
LEFT JOIN assignments AS a
    ON a.relation_id = r.relation_id AND a.template = :template AND a.schedule = :schedule
LEFT JOIN (
    SELECT relation_id, MIN(occurrence) AS made_from, MAX(occurrence) AS made_to
    FROM follow_up_tasks
    WHERE template = :template AND schedule = :schedule AND mission_id = ''
    GROUP BY relation_id
) AS made
    ON made.relation_id = r.relation_id
LEFT JOIN follow_up_tasks AS t
    ON t.relation_id = r.relation_id
    AND t.template = :template
    AND t.schedule = :schedule
    AND t.mission_id = ''
    AND t.occurrence = made.made_to
WHERE (CAST(:relation_id AS text) IS NULL AND (:everyone OR a.relation_id IS NOT NULL))
    OR r.relation_id = :relation_id
