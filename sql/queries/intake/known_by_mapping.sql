-- One row per relation that an import by this profile brought in, and that is not a former one.
SELECT r.relation_id
FROM relations AS r
INNER JOIN imports AS i ON i.import_id = r.import_id
WHERE i.kind = 'relations' AND i.mapping = :mapping AND r.status <> 'former'
