-- An event is recorded once, however often it is reported.
INSERT INTO mail_events (event_id, kind, happened_at, message_id, token, address, noted_at)
VALUES (:event_id, :kind, :happened_at, :message_id, :token, :address, :noted_at)
ON CONFLICT (event_id) DO NOTHING
