-- One row per claimed message with the current facts, not those at the time when it was composed (M5): of its
-- recipient, and of its task if it has one; claims of other dispatches are left out.
SELECT
    m.message_id,
    m.cause_kind,
    m.cause_id,
    m.step,
    m.cycle,
    m.sequence,
    m.recipient_kind,
    m.recipient_id,
    m.subject,
    m.body_text,
    m.body_html,
    m.language AS mail_language,
    m.send_on,
    m.send_at,
    m.calendar,
    m.is_from_owner,
    -- What it says of an activity no longer holds (V3, V5); that it was saved, or is cancelled, always does.
    m.cause_kind = 'activity' AND m.step <> 'cancel' AND v.activity_id IS NULL
    OR m.cause_kind = 'activity' AND m.step NOT IN ('cancel', 'saved') AND (
        COALESCE(v.status, 'planned') <> 'planned'
        OR (m.about_at IS NOT NULL AND m.about_at <> v.starts_at)
        OR (
            m.recipient_kind = 'user' AND m.recipient_id <> COALESCE(v.owner_id, '')
            AND REPLACE(' ' || COALESCE(v.invitees, '') || ' ', ' ' || m.recipient_id || ' ', '') = ' ' || COALESCE(v.invitees, '') || ' '
        )
    ) AS is_outdated,
    v.starts_at AS activity_starts,
    t.template,
    t.schedule,
    t.relation_id,
    t.due_on,
    (SELECT s.kind FROM follow_up_subtasks AS s WHERE s.task_id = m.task_id AND s.key = m.step) AS kind,
    CASE
        WHEN m.cycle > 0 OR m.sequence > 0
            THEN (
                SELECT COALESCE(first.carrier_id, first.message_id)
                FROM messages AS first
                WHERE first.task_id = m.task_id AND first.step = m.step AND first.cycle = 0 AND first.sequence = 0
                    AND first.recipient_kind = m.recipient_kind AND first.recipient_id = m.recipient_id
            )
    END AS first_mail_id,
    COALESCE(t.reopened_on, t.created_on, m.send_on) AS created_on,
    t.status AS task_status,
    EXISTS (
        SELECT 1 FROM follow_up_subtasks AS s
        WHERE s.task_id = m.task_id AND s.key = m.step AND s.completed_on IS NOT NULL
    ) AS is_answered,
    FALSE AS is_without_recipient,
    NULLIF(TRIM(COALESCE(o.first_name, '') || ' ' || COALESCE(o.last_name, '')), '') AS owner_name,
    o.email AS owner_email,
    EXISTS (
        SELECT 1 FROM request_recipients AS now
        WHERE now.task_id = m.task_id AND now.step = m.step AND now.removed_on IS NULL
    ) AND NOT EXISTS (
        SELECT 1 FROM request_recipients AS now
        WHERE now.task_id = m.task_id AND now.step = m.step AND now.removed_on IS NULL AND now.recipient_id = m.recipient_id
    ) AS is_no_recipient,
    m.sequence > 0 AND EXISTS (
        SELECT 1 FROM reminder_pauses AS z
        WHERE z.relation_id IN (t.relation_id, m.recipient_id) AND (z.until_on IS NULL OR z.until_on >= :as_of)
    ) AS is_paused,
    COALESCE(c.type, r.type) AS type,
    COALESCE(c.status, r.status) AS status,
    CASE m.recipient_kind
        WHEN 'user' THEN NULLIF(TRIM(COALESCE(u.first_name, '') || ' ' || COALESCE(u.last_name, '')), '')
        ELSE r.name
    END AS name,
    COALESCE(m.fixed_email, r.email, u.email) AS email,
    CASE
        WHEN r.is_opted_out THEN 'opted_out'
        ELSE (SELECT MAX(x.reason) FROM silenced_addresses AS x WHERE x.address = LOWER(COALESCE(m.fixed_email, r.email, u.email)))
    END AS suppression,
    EXISTS (SELECT 1 FROM held_relations AS h WHERE h.relation_id IN (r.relation_id, t.relation_id)) AS is_held
FROM messages AS m
LEFT JOIN follow_up_tasks AS t ON t.task_id = m.task_id
LEFT JOIN relations AS c ON c.relation_id = t.relation_id
LEFT JOIN relations AS r ON m.recipient_kind = 'relation' AND r.relation_id = m.recipient_id
LEFT JOIN activities AS v ON m.cause_kind = 'activity' AND v.activity_id = m.cause_id
LEFT JOIN users AS o ON o.user_id = COALESCE(m.owner_id, CASE WHEN m.recipient_kind = 'relation' THEN COALESCE(c.owner_id, r.owner_id) END)
LEFT JOIN users AS u ON m.recipient_kind = 'user' AND u.user_id = m.recipient_id
WHERE m.status = 'sending' AND m.claimed_by = :claim AND m.message_id > :after
ORDER BY m.message_id
LIMIT :batch
