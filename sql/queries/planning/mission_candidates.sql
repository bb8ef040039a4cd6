-- One row per service of a mission that uses the schedule, signed or not (frames.RECURRING). The first and the last
-- occurrence with a task are found at the ends of the tasks' unique index.
SELECT
    r.relation_id,
    r.type,
    r.status,
    r.first_seen_on,
    true AS is_assigned,
    CAST(NULL AS date) AS start_on,
    CAST(NULL AS date) AS stop_on,
    m.mission_id,
    m.status AS mission_status,
    COALESCE(s.first_due_on, m.start_on) AS first_on,
    s.frequency,
    m.end_on AS until_on,
    s.quantity,
    COALESCE(s.is_backfill, false) AS is_backfill,
    s.signed_seen_on,
    EXISTS (
        SELECT 1 FROM quarantine AS q
        WHERE q.is_holding AND (
            (q.kind = 'relations' AND q.row_id = r.relation_id)
            OR (q.kind = 'missions' AND q.row_id = m.mission_id)
            OR (q.kind = 'mission_services' AND q.row_id = m.mission_id || '/' || s.template)
        )
    ) AS is_held,
    made.made_from,
    made.made_to,
    t.status AS task_status
FROM mission_services AS s
INNER JOIN missions AS m ON m.mission_id = s.mission_id
INNER JOIN relations AS r ON r.relation_id = m.relation_id
LEFT JOIN (
    SELECT relation_id, mission_id, MIN(occurrence) AS made_from, MAX(occurrence) AS made_to
    FROM follow_up_tasks
    WHERE template = :template AND schedule = :schedule
    GROUP BY relation_id, mission_id
) AS made
    ON made.relation_id = r.relation_id AND made.mission_id = m.mission_id
LEFT JOIN follow_up_tasks AS t
    ON t.relation_id = r.relation_id
    AND t.template = :template
    AND t.schedule = :schedule
    AND t.mission_id = m.mission_id
    AND t.occurrence = made.made_to
WHERE s.template = :template
    AND (CAST(:relation_id AS text) IS NULL OR r.relation_id = :relation_id)
