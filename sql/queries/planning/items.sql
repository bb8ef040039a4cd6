-- One row per item that the requests of the chosen tasks ask for, in the template's order.
SELECT i.task_id, i.subtask, i.key, i.status, i.label, i.type, i.answered_on, i.source, i.value, i.expires_on, i.note, i.promised_on
FROM request_items AS i
INNER JOIN staged_follow_up_tasks AS chosen ON chosen.task_id = i.task_id
ORDER BY i.task_id, i.subtask, i.position
