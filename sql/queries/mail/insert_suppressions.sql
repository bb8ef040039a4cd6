-- An address stands once on a list; what is known stays as it was.
INSERT INTO suppressions (address, kind, reason, since_at)
VALUES (:address, :kind, :reason, :since_at)
ON CONFLICT (address, kind) DO NOTHING
