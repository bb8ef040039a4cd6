-- One row per recipient and request whose reminder is due (R1, M4), or whose return the client is not told yet (R4); with its key in the
-- outbox, and the facts that decide and are merge fields. `sequence` is the reminder's number in its cycle, 0 for the
-- message of a return. A message of the request that is on its way, or waits, comes first.
SELECT
    'task' AS cause_kind,
    CAST(d.task_id AS text) AS cause_id,
    d.cycle,
    d.sequence,
    'relation' AS recipient_kind,
    f.*,
    d.remind_on,
    d.remind_message,
    d.remind_message_started,
    m.status AS message_status,
    m.reason AS message_reason,
    (
        SELECT COUNT(*) FROM request_items AS i
        WHERE i.task_id = d.task_id AND i.subtask = d.step AND i.status NOT IN ('open', 'returned')
    ) AS received_items,
    (SELECT COUNT(*) FROM request_items AS i WHERE i.task_id = d.task_id AND i.subtask = d.step) AS total_items
FROM (
    SELECT
        s.task_id,
        s.key AS step,
        s.cycle,
        s.remind_on,
        s.remind_max,
        s.remind_message,
        s.remind_message_started,
        CASE
            WHEN s.cycle > 0 AND NOT EXISTS (
                SELECT 1 FROM messages AS told
                WHERE told.task_id = s.task_id AND told.step = s.key AND told.cycle = s.cycle AND told.status <> 'suppressed'
            ) THEN 0
            ELSE COALESCE(
                (
                    SELECT MAX(last.sequence) FROM messages AS last
                    WHERE last.task_id = s.task_id AND last.step = s.key AND last.cycle = s.cycle
                        AND last.status <> 'suppressed'
                ), 0
            ) + 1
        END AS sequence,
        (
            SELECT COUNT(*) FROM messages AS sent
            WHERE sent.task_id = s.task_id AND sent.step = s.key AND sent.sequence > 0 AND sent.status = 'sent'
        ) AS reminders_sent
    FROM follow_up_subtasks AS s
    WHERE s.kind = 'request'
        AND s.status = 'open'
        AND s.completed_on IS NULL
        AND (
            (s.remind_on <= :as_of AND s.exhausted_on IS NULL)
            OR (s.task_id = :task_id AND s.key = :step)
        )
        AND (CAST(:task_id AS integer) IS NULL OR s.task_id = :task_id)
        AND (CAST(:step AS text) IS NULL OR s.key = :step)
        AND NOT EXISTS (
            SELECT 1 FROM messages AS under_way
            WHERE under_way.task_id = s.task_id AND under_way.step = s.key
                AND under_way.status IN ('pending', 'sending', 'unknown', 'held')
        )
) AS d
INNER JOIN step_facts AS f ON f.task_id = d.task_id AND f.step = d.step
LEFT JOIN messages AS m
    ON m.task_id = d.task_id
    AND m.step = d.step
    AND m.cycle = d.cycle
    AND m.sequence = d.sequence
    AND m.recipient_kind = 'relation'
    AND m.recipient_id = f.recipient_id
WHERE f.task_status NOT IN ('done', 'cancelled')
    -- Who did not get the request yet gets that first.
    AND EXISTS (
        SELECT 1 FROM messages AS first
        WHERE first.task_id = d.task_id AND first.step = d.step AND first.cycle = 0 AND first.sequence = 0
            AND first.recipient_kind = 'relation' AND first.recipient_id = f.recipient_id
            AND first.status <> 'suppressed'
    )
    -- Not while all that is open is promised for later (R7).
    AND (
        d.sequence = 0
        OR CAST(:step AS text) IS NOT NULL
        OR NOT EXISTS (
            SELECT 1 FROM request_items AS i
            WHERE i.task_id = d.task_id AND i.subtask = d.step AND i.status IN ('open', 'returned')
        )
        OR EXISTS (
            SELECT 1 FROM request_items AS i
            WHERE i.task_id = d.task_id AND i.subtask = d.step AND i.status IN ('open', 'returned')
                AND (i.promised_on IS NULL OR i.promised_on < :as_of)
        )
    )
    AND (
        d.sequence = 0
        OR (CAST(:step AS text) IS NOT NULL)
        OR (d.sequence <= d.remind_max AND d.reminders_sent < :most_reminders)
    )
    AND (CAST(:template AS text) IS NULL OR (f.template = :template AND f.schedule = :schedule))
ORDER BY d.task_id, d.step, f.recipient_id
