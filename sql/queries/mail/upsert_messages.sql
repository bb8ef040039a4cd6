-- Insert composed messages into the outbox; its key prevents duplicates (M1). Only a suppressed one is replaced.
INSERT INTO messages (
    task_id, subtask, sequence, recipient_id, email, language, subject, body_text, body_html, send_on, status, reason
)
SELECT
    s.task_id, s.subtask, s.sequence, s.recipient_id, s.email, s.language,
    s.subject, s.body_text, s.body_html, s.send_on, s.status, s.reason
FROM staged_messages AS s
WHERE true
ORDER BY s.send_on, s.task_id, s.subtask
ON CONFLICT (task_id, subtask, sequence, recipient_id) DO UPDATE SET
    email = excluded.email,
    language = excluded.language,
    subject = excluded.subject,
    body_text = excluded.body_text,
    body_html = excluded.body_html,
    send_on = excluded.send_on,
    status = excluded.status,
    reason = excluded.reason,
    merged_into_task_id = NULL,
    delivery = NULL,
    attempt_id = NULL
WHERE messages.status = 'suppressed'
