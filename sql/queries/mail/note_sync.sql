-- Record up to when a list of the mail service has been read; if two dispatches do it at once, the later write wins.
INSERT INTO suppression_syncs (kind, read_until)
VALUES (:kind, :read_until)
ON CONFLICT (kind) DO UPDATE SET read_until = excluded.read_until
