-- One row per date and criterion, from the date's last scored run, up to a date.
SELECT r.run_id, r.as_of AS scored_on, q.criterion, SUM(q.met) AS met, SUM(q.not_met) AS not_met
FROM quality_scores AS q
INNER JOIN runs AS r ON r.run_id = q.run_id
WHERE r.as_of <= :as_of
    AND r.run_id IN (
        SELECT MAX(l.run_id)
        FROM runs AS l
        WHERE l.run_id IN (SELECT k.run_id FROM quality_scores AS k)
        GROUP BY l.as_of
    )
GROUP BY r.run_id, r.as_of, q.criterion
