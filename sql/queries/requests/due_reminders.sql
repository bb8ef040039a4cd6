-- One row per recipient and request whose reminder is due (R1, M4), or whose return the client is not told yet (R4); with its
-- key in the outbox, and the facts that decide; what the message says is read for those that leave (reminder_facts.sql). `sequence` is the reminder's number in its cycle, 0 for
-- the message of a return. A message of the request that is on its way, or waits, comes first. Only requests whose day has
-- come are read.
WITH asked AS MATERIALIZED (
    SELECT s.task_id, s.key AS step, s.cycle, s.remind_on, s.remind_max, s.remind_message, s.remind_message_started
    FROM follow_up_subtasks AS s
    WHERE s.remind_on <= :as_of
        AND s.exhausted_on IS NULL
        -- Not `s.kind` alone: SQLite would take the index that holds every open request.
        AND s.kind || '' = 'request'
        AND s.status = 'open'
        AND s.completed_on IS NULL
        AND CAST(:step AS text) IS NULL
        AND (CAST(:task_id AS integer) IS NULL OR s.task_id = :task_id)
    UNION ALL
    SELECT s.task_id, s.key, s.cycle, s.remind_on, s.remind_max, s.remind_message, s.remind_message_started
    FROM follow_up_subtasks AS s
    WHERE s.task_id = :task_id
        AND s.key = :step
        AND s.kind = 'request'
        AND s.status = 'open'
        AND s.completed_on IS NULL
),
written AS MATERIALIZED (
    SELECT
        a.task_id,
        a.step,
        a.cycle,
        a.remind_on,
        a.remind_max,
        a.remind_message,
        a.remind_message_started,
        CASE
            WHEN a.cycle > 0 AND COUNT(CASE WHEN m.cycle = a.cycle AND m.status <> 'suppressed' THEN 1 END) = 0 THEN 0
            ELSE COALESCE(MAX(CASE WHEN m.cycle = a.cycle AND m.status <> 'suppressed' THEN m.sequence END), 0) + 1
        END AS sequence,
        COUNT(CASE WHEN m.sequence > 0 AND m.status = 'sent' THEN 1 END) AS reminders_sent
    FROM asked AS a
    LEFT JOIN messages AS m ON m.task_id = a.task_id AND m.step = a.step
    GROUP BY
        a.task_id, a.step, a.cycle, a.remind_on, a.remind_max, a.remind_message, a.remind_message_started
    HAVING COUNT(CASE WHEN m.status IN ('pending', 'sending', 'unknown', 'held') THEN 1 END) = 0
),
counted AS MATERIALIZED (
    SELECT
        w.task_id,
        w.step,
        w.cycle,
        w.sequence,
        w.remind_on,
        w.remind_max,
        w.reminders_sent,
        w.remind_message,
        w.remind_message_started,
        COUNT(CASE WHEN i.status NOT IN ('open', 'returned') THEN 1 END) AS received_items,
        COUNT(CASE WHEN i.status IN ('open', 'returned') THEN 1 END) AS wanted_items,
        COUNT(
            CASE WHEN i.status IN ('open', 'returned') AND (i.promised_on IS NULL OR i.promised_on < :as_of) THEN 1 END
        ) AS unpromised_items
    FROM written AS w
    LEFT JOIN request_items AS i ON i.task_id = w.task_id AND i.subtask = w.step
    GROUP BY
        w.task_id, w.step, w.cycle, w.sequence, w.remind_on, w.remind_max, w.reminders_sent,
        w.remind_message, w.remind_message_started
)
SELECT
    c.task_id,
    c.step,
    c.cycle,
    c.sequence,
    f.recipient_id,
    f.relation_id,
    f.template,
    f.schedule,
    f.task_status,
    f.type,
    f.status,
    f.email,
    f.suppression,
    f.is_held,
    f.is_without_recipient,
    c.remind_on,
    c.remind_message,
    c.remind_message_started,
    m.status AS message_status,
    m.reason AS message_reason,
    c.received_items
FROM counted AS c
INNER JOIN step_facts AS f ON f.task_id = c.task_id AND f.step = c.step
LEFT JOIN messages AS m
    ON m.task_id = c.task_id
    AND m.step = c.step
    AND m.cycle = c.cycle
    AND m.sequence = c.sequence
    AND m.recipient_kind = 'relation'
    AND m.recipient_id = f.recipient_id
WHERE f.task_status NOT IN ('done', 'cancelled')
    -- Who did not get the request yet gets that first.
    AND EXISTS (
        SELECT 1 FROM messages AS first
        WHERE first.task_id = c.task_id AND first.step = c.step AND first.cycle = 0 AND first.sequence = 0
            AND first.recipient_kind = 'relation' AND first.recipient_id = f.recipient_id
            AND first.status <> 'suppressed'
    )
    AND (
        c.sequence = 0
        OR CAST(:step AS text) IS NOT NULL
        OR (
            c.sequence <= c.remind_max
            AND c.reminders_sent < :most_reminders
            -- Not while all that is open is promised for later (R7).
            AND (c.wanted_items = 0 OR c.unpromised_items > 0)
        )
    )
    AND (CAST(:template AS text) IS NULL OR (f.template = :template AND f.schedule = :schedule))
ORDER BY c.task_id, c.step, f.recipient_id
