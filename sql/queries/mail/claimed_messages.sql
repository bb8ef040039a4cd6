-- One row per claimed message with the current facts, not those at the time when it was composed (M5);
-- claims of other dispatches are left out.
SELECT
    m.message_id,
    m.task_id,
    m.subtask,
    m.subject,
    m.body_text,
    m.body_html,
    m.language AS mail_language,
    m.send_on,
    t.template,
    COALESCE(t.reopened_on, t.created_on) AS created_on,
    t.status AS task_status,
    s.on_sent,
    r.relation_id,
    r.type,
    r.status,
    r.name,
    r.email,
    CASE
        WHEN r.is_opted_out THEN 'opted_out'
        ELSE (SELECT MAX(x.reason) FROM suppressions AS x WHERE x.address = LOWER(r.email))
    END AS suppression,
    EXISTS (
        SELECT 1 FROM quarantine AS q
        WHERE q.kind = 'relations' AND q.row_id = r.relation_id AND q.is_holding
    ) AS is_held
FROM messages AS m
INNER JOIN follow_up_tasks AS t ON t.task_id = m.task_id
LEFT JOIN follow_up_subtasks AS s ON s.task_id = m.task_id AND s.key = m.subtask
INNER JOIN relations AS r ON r.relation_id = m.recipient_id
WHERE m.status = 'sending' AND m.claimed_by = :claim AND m.message_id > :after
ORDER BY m.message_id
LIMIT :batch
