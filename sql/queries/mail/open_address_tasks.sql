-- One internal task for each relation whose address has just been silenced, unless one is open for it (M7). Its
-- occurrence is the suppression's number: lifted and silenced again, an address is a new event.
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
-- CROSS: SQLite takes it as an order, few addresses first; it would else go through every relation.
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
