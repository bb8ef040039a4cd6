-- Insert composed messages into the outbox; its key prevents duplicates (M1). Only a suppressed one is replaced.
INSERT INTO messages (
    cause_kind, cause_id, step, cycle, sequence, recipient_kind, recipient_id,
    email, language, subject, body_text, body_html, send_on, status, reason
)
SELECT
    s.cause_kind, s.cause_id, s.step, s.cycle, s.sequence, s.recipient_kind, s.recipient_id,
    s.email, s.language, s.subject, s.body_text, s.body_html, s.send_on, s.status, s.reason
FROM staged_messages AS s
WHERE true
ORDER BY s.send_on, s.cause_kind, s.cause_id, s.step, s.sequence
ON CONFLICT (cause_kind, cause_id, step, cycle, sequence, recipient_kind, recipient_id) DO UPDATE SET
    email = excluded.email,
    language = excluded.language,
    subject = excluded.subject,
    body_text = excluded.body_text,
    body_html = excluded.body_html,
    send_on = excluded.send_on,
    status = excluded.status,
    reason = excluded.reason,
    carrier_id = NULL,
    delivery = NULL,
    attempt_id = NULL
WHERE messages.status = 'suppressed'
