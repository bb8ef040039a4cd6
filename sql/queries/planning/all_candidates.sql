-- One row per relation × the schedule, assigned or not (frames.CANDIDATES); :relation_id narrows it to one relation.
SELECT
    r.relation_id,
    r.type,
    r.status,
    r.first_seen_on,
    (:everyone OR a.relation_id IS NOT NULL) AS is_assigned,
    a.start_on,
    a.stop_on,
    f.expires_on,
    EXISTS (SELECT 1 FROM held_relations AS h WHERE h.relation_id = r.relation_id) AS is_held,
    -- One that the product closed opens again before anything is planned, now that its date is back (A2).
    CASE WHEN t.closed_by IN ('renewed', 'superseded', 'after_end') THEN 'open' ELSE t.status END AS task_status
FROM relations AS r
LEFT JOIN assignments AS a
    ON a.relation_id = r.relation_id AND a.template = :template AND a.schedule = :schedule
LEFT JOIN relation_fields AS f ON f.relation_id = r.relation_id AND f.field = :field
LEFT JOIN follow_up_tasks AS t
    ON t.relation_id = r.relation_id
    AND t.template = :template
    AND t.schedule = :schedule
    AND t.mission_id = ''
    AND t.occurrence = CAST(f.expires_on AS text)
WHERE CAST(:relation_id AS text) IS NULL OR r.relation_id = :relation_id
