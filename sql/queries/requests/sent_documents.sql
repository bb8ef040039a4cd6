-- The files of the requests of the staged relations and templates, by the hash of their content.
SELECT d.task_id, d.step, d.item, d.sha256
FROM staged_follow_up_tasks AS wanted
INNER JOIN follow_up_tasks AS t ON t.relation_id = wanted.relation_id AND t.template = wanted.template
INNER JOIN documents AS d ON d.task_id = t.task_id
