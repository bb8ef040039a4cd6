-- Requests to the persons of a company ask those who are there when the first message is due (R6); former ones are left out.
INSERT INTO request_recipients (task_id, step, recipient_id, added_on)
SELECT s.task_id, s.key, p.relation_id, :as_of
FROM follow_up_subtasks AS s
INNER JOIN follow_up_tasks AS t ON t.task_id = s.task_id
INNER JOIN relations AS p ON p.company_id = t.relation_id
WHERE s.kind = 'request'
    AND s.recipients = 'contacts'
    AND s.status = 'open'
    AND s.completed_on IS NULL
    AND t.status NOT IN ('done', 'cancelled')
    AND p.status <> 'former'
    AND NOT EXISTS (SELECT 1 FROM request_recipients AS q WHERE q.task_id = s.task_id AND q.step = s.key)
