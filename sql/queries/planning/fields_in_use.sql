-- The data fields that any relation has.
SELECT DISTINCT field FROM relation_fields
