-- The number of messages waiting for their day, for a run that delivers, or for the end of a pause or of a full week (K2).
SELECT COUNT(*) AS n FROM messages WHERE status = 'pending' OR (status = 'suppressed' AND reason IN ('paused', 'capped'))
