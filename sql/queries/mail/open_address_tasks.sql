-- One internal task for each relation whose address was just suppressed, unless one is already open (M7). Its
-- occurrence is the suppression's id, so that an address that is lifted and suppressed again gets a new task.
INSERT INTO follow_up_tasks (
    relation_id, template, schedule, mission_id, occurrence, label, planned_on, due_on, created_on, status
)
SELECT
    r.relation_id,
    'mail-address',
    'suppressed',
    '',
    CAST(MAX(s.suppression_id) AS varchar(32)),
    CASE MAX(s.reason) WHEN 'opted_out' THEN :label_opted_out ELSE :label_bounced END,
    :as_of,
    :as_of,
    :as_of,
    'open'
FROM suppressions AS s
-- CROSS: SQLite keeps this join order, few addresses first; otherwise it would scan every relation.
CROSS JOIN relations AS r
WHERE LOWER(r.email) = s.address
    AND s.suppression_id > :after
    AND s.reason IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM follow_up_tasks AS t
        WHERE t.relation_id = r.relation_id
            AND t.template = 'mail-address'
            AND t.status NOT IN ('done', 'cancelled')
    )
GROUP BY r.relation_id
ON CONFLICT (relation_id, template, schedule, mission_id, occurrence) DO NOTHING
