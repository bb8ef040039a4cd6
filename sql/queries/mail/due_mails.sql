-- One row per sub-task of an open task whose send day has come, and that has no message which is being sent or
-- final; with its key in the outbox (M1), the facts that decide (M2, M3, P7) and the merge fields (M8).
SELECT
    'task' AS cause_kind,
    CAST(t.task_id AS text) AS cause_id,
    s.key AS step,
    0 AS cycle,
    0 AS sequence,
    'relation' AS recipient_kind,
    r.relation_id AS recipient_id,
    t.task_id,
    s.message,
    s.kind,
    s.label AS step_label,
    s.labels AS step_labels,
    s.send_on AS raw_send_on,
    s.send_from IS NULL AS is_by_hand,
    (
        SELECT MAX(sent.send_on)
        FROM follow_up_subtasks AS sent
        INNER JOIN messages AS m2 ON m2.task_id = sent.task_id AND m2.step = sent.key
        WHERE sent.task_id = t.task_id AND m2.status NOT IN ('suppressed', 'cancelled')
    ) AS latest_sent_on,
    t.template,
    t.schedule,
    t.label AS task_label,
    t.labels AS task_labels,
    t.anchor_on,
    t.due_on,
    COALESCE(t.reopened_on, t.created_on) AS created_on,
    t.status AS task_status,
    r.relation_id,
    r.type,
    r.status,
    r.name,
    r.email,
    CASE
        WHEN r.is_opted_out THEN 'opted_out'
        ELSE (SELECT MAX(x.reason) FROM suppressions AS x WHERE x.address = LOWER(r.email))
    END AS suppression,
    r.language,
    c.name AS company_name,
    mi.name AS mission_name,
    u.first_name AS owner_first_name,
    u.last_name AS owner_last_name,
    u.email AS owner_email,
    m.status AS message_status,
    m.reason AS message_reason,
    EXISTS (
        SELECT 1 FROM quarantine AS q
        WHERE q.kind = 'relations' AND q.row_id = r.relation_id AND q.is_holding
    ) AS is_held
FROM follow_up_subtasks AS s
INNER JOIN follow_up_tasks AS t ON t.task_id = s.task_id
INNER JOIN relations AS r ON r.relation_id = t.relation_id
LEFT JOIN relations AS c ON c.relation_id = r.company_id
LEFT JOIN missions AS mi ON mi.mission_id = t.mission_id
LEFT JOIN users AS u ON u.user_id = r.owner_id
LEFT JOIN messages AS m
    ON m.task_id = s.task_id
    AND m.step = s.key
    AND m.cycle = 0
    AND m.sequence = 0
    AND m.recipient_kind = 'relation'
    AND m.recipient_id = r.relation_id
WHERE s.kind IN ('auto_email', 'email', 'request')
    AND s.status = 'open'
    AND s.send_on <= :as_of
    AND t.status NOT IN ('done', 'cancelled')
    AND (m.status IS NULL OR m.status = 'suppressed')
    -- What another mail carries is not due by itself, unless a person orders it.
    AND (
        m.merged_into_task_id IS NULL
        OR s.send_from IS NULL
        OR EXISTS (
            SELECT 1 FROM messages AS carrier
            WHERE carrier.task_id = m.merged_into_task_id
                AND carrier.step = m.step
                AND carrier.sequence = 0
                AND carrier.recipient_kind = m.recipient_kind
                AND carrier.recipient_id = m.recipient_id
                AND carrier.status IN ('suppressed', 'cancelled')
        )
    )
    AND (CAST(:template AS text) IS NULL OR (t.template = :template AND t.schedule = :schedule))
    AND (CAST(:task_id AS integer) IS NULL OR t.task_id = :task_id)
ORDER BY t.task_id, s.position
