-- The name and owner of each relation, for the person who corrects its data.
SELECT r.relation_id, r.name, r.owner_id
FROM relations AS r
INNER JOIN staged_relations AS s ON s.relation_id = r.relation_id
