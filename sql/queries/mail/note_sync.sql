-- Until when a list of the mail service has been read; of two dispatches at once the later one's word stands.
INSERT INTO suppression_syncs (kind, read_until)
VALUES (:kind, :read_until)
ON CONFLICT (kind) DO UPDATE SET read_until = excluded.read_until
