-- One row per relation that is no client any more and whose documents are still kept.
SELECT r.relation_id, r.name, r.ended_on, COUNT(*) AS documents
FROM relations AS r
INNER JOIN documents AS d ON d.relation_id = r.relation_id AND d.removed_on IS NULL
WHERE r.ended_on IS NOT NULL
GROUP BY r.relation_id, r.name, r.ended_on
ORDER BY r.ended_on, r.relation_id
