-- One row per relation that was put on the schedule by hand (frames.CANDIDATES).
SELECT
    r.relation_id,
    r.type,
    r.status,
    r.first_seen_on,
    true AS is_assigned,
    a.start_on,
    a.stop_on,
    f.expires_on,
    EXISTS (SELECT 1 FROM held_relations AS h WHERE h.relation_id = r.relation_id) AS is_held,
    -- One that the product closed opens again before anything is planned, now that its date is back (A2).
    CASE WHEN t.closed_by IN ('renewed', 'superseded', 'after_end') THEN 'open' ELSE t.status END AS task_status
FROM assignments AS a
INNER JOIN relations AS r ON r.relation_id = a.relation_id
LEFT JOIN relation_fields AS f ON f.relation_id = a.relation_id AND f.field = :field
LEFT JOIN follow_up_tasks AS t
    ON t.relation_id = a.relation_id
    AND t.template = a.template
    AND t.schedule = a.schedule
    AND t.mission_id = ''
    AND t.occurrence = CAST(f.expires_on AS text)
WHERE a.template = :template AND a.schedule = :schedule
