-- Add the staged recipients that are relations.
INSERT INTO request_recipients (task_id, step, recipient_id, added_on)
SELECT n.task_id, n.step, n.recipient_id, n.added_on
FROM staged_request_recipients AS n
INNER JOIN relations AS p ON p.relation_id = n.recipient_id
WHERE true
ON CONFLICT DO NOTHING
