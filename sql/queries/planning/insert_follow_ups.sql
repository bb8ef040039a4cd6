-- The key decides what is new (P2): existing rows are unchanged.
INSERT INTO follow_up_tasks (
    relation_id, template, schedule, mission_id, occurrence, period,
    label, labels, anchor_on, planned_on, due_on, created_on, status, remove_on
)
SELECT
    s.relation_id, s.template, s.schedule, s.mission_id, s.occurrence, s.period,
    s.label, s.labels, s.anchor_on, s.planned_on, s.due_on, s.created_on, s.status, s.remove_on
FROM staged_follow_up_tasks AS s
WHERE true
ORDER BY s.due_on, s.relation_id, s.template, s.schedule, s.mission_id, s.occurrence
ON CONFLICT DO NOTHING
