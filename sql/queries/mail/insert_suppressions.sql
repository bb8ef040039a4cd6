-- An address is on a list once; known entries are unchanged.
INSERT INTO suppressions (address, kind, reason, since_at)
VALUES (:address, :kind, :reason, :since_at)
ON CONFLICT (address, kind) DO NOTHING
