-- One row per relation, as validated by the nightly run.
SELECT relation_id, type, status, name, email, language, owner_id, company_id
FROM relations
WHERE CAST(:relation_id AS text) IS NULL OR relation_id = :relation_id
