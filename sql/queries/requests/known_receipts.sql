-- The receipts and lists of what came that are in the outbox already, by their key.
SELECT m.cause_id, m.step, m.recipient_kind, m.status AS message_status, m.reason AS message_reason
FROM messages AS m
WHERE m.cause_kind = 'received' AND m.step >= :since
