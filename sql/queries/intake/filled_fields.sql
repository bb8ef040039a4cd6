-- The relations that have a data field, with its name; of a document, the firm may know no more than its expiry date.
SELECT relation_id, field FROM relation_fields
WHERE field = :field AND (COALESCE(value, '') <> '' OR expires_on IS NOT NULL)
