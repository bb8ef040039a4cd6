-- A message that the service reports as not arrived is not sent. If the address is the cause, it waits for another one
-- (`suppressed`); if only this message was refused, it stays `rejected`.
UPDATE messages
SET status = CASE WHEN delivery IN ('bounced', 'dropped') THEN 'suppressed' ELSE 'rejected' END,
    reason = COALESCE(
        (
            SELECT MAX(s.reason) FROM silenced_addresses AS s
            WHERE s.address = LOWER(messages.email) AND messages.delivery IN ('bounced', 'dropped')
        ),
        'bounced'
    )
WHERE message_id IN :message_ids
    AND status = 'sent'
    AND delivery IN ('bounced', 'dropped', 'blocked', 'refused')
