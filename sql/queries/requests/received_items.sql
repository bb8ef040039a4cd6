-- One row per item that a client answered on the page on a day before today, and that no message told of yet: whom it is
-- told to (the client as a receipt, the owner as a list of what came), and what.
SELECT
    i.answered_on,
    i.label AS item_label,
    i.labels AS item_labels,
    i.type AS item_type,
    f.step_label,
    f.step_labels,
    f.task_label,
    f.task_labels,
    f.task_id,
    f.step,
    f.template,
    f.type,
    f.status,
    f.relation_id,
    f.recipient_id,
    f.name,
    f.email,
    f.language,
    f.suppression,
    f.is_held,
    r.name AS relation_name,
    u.user_id AS owner_id,
    u.first_name AS owner_first_name,
    u.last_name AS owner_last_name,
    u.email AS owner_email,
    (SELECT MAX(x.reason) FROM silenced_addresses AS x WHERE x.address = LOWER(u.email)) AS owner_suppression
FROM request_items AS i
INNER JOIN step_facts AS f ON f.task_id = i.task_id AND f.step = i.subtask
INNER JOIN relations AS r ON r.relation_id = f.relation_id
LEFT JOIN users AS u ON u.user_id = r.owner_id
WHERE i.source = 'page'
    AND i.answered_on < :as_of
    AND i.answered_on >= :since
ORDER BY i.answered_on, f.relation_id, i.task_id, i.subtask, i.position, f.recipient_id
