-- One row per update group and date since :since_on: its dossiers, and what became of the fields that they asked.
SELECT
    t.template,
    t.anchor_on,
    COUNT(DISTINCT t.task_id) AS dossiers,
    COUNT(i.key) AS asked,
    COUNT(CASE WHEN i.status NOT IN ('open', 'returned') THEN 1 END) AS answered,
    COUNT(CASE WHEN i.status IN ('open', 'returned') AND t.removed_on IS NULL THEN 1 END) AS unanswered,
    COUNT(CASE WHEN i.status IN ('open', 'returned') AND t.removed_on IS NOT NULL THEN 1 END) AS expired
FROM follow_up_tasks AS t
INNER JOIN request_items AS i ON i.task_id = t.task_id
WHERE t.remove_on >= :since_on
GROUP BY t.template, t.anchor_on
ORDER BY t.template, t.anchor_on DESC
