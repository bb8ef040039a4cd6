-- One row per relation that was imported with this profile and is not a former one.
SELECT r.relation_id
FROM relations AS r
INNER JOIN imports AS i ON i.import_id = r.import_id
WHERE i.kind = 'relations' AND i.mapping = :mapping AND r.status <> 'former'
