-- One row per distinct expiry date of any data field, or of one relation's fields if :relation_id is given.
SELECT DISTINCT expires_on
FROM relation_fields
WHERE expires_on IS NOT NULL AND (CAST(:relation_id AS text) IS NULL OR relation_id = :relation_id)
