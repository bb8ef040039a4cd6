-- The reminders that left, or are to leave, since a day; one row each.
SELECT m.recipient_id, m.send_on
FROM messages AS m
WHERE m.sequence > 0
    AND m.recipient_kind = 'relation'
    AND m.status IN ('pending', 'sending', 'sent', 'unknown', 'held')
    AND m.send_on > :after
