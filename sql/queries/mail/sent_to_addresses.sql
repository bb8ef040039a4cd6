-- One row per message that was sent to one of these addresses, with the instant of sending; newest first.
SELECT
    m.message_id,
    LOWER(m.email) AS address,
    m.recipient_kind,
    m.recipient_id,
    m.subject,
    m.delivery,
    COALESCE(a.send_at, m.sent_at) AS left_at
FROM messages AS m
LEFT JOIN attempts AS a ON a.attempt_id = m.attempt_id
WHERE LOWER(m.email) IN :addresses
    AND m.status = 'sent'
ORDER BY COALESCE(a.send_at, m.sent_at) DESC, m.message_id DESC
