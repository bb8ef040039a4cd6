-- One row per item that the staged requests still ask for, but for those promised for later; in the template's order.
SELECT i.task_id, i.subtask, i.key, i.label, i.labels, i.type, i.note
FROM request_items AS i
INNER JOIN staged_follow_up_subtasks AS s ON s.task_id = i.task_id AND s.key = i.subtask
WHERE i.status IN ('open', 'returned')
    AND (i.promised_on IS NULL OR i.promised_on < :as_of)
ORDER BY i.task_id, i.subtask, i.position
