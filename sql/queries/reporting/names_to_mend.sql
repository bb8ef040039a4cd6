-- Who a relation is, for the person who mends its data.
SELECT r.relation_id, r.name, r.owner_id
FROM relations AS r
INNER JOIN staged_relations AS s ON s.relation_id = r.relation_id
