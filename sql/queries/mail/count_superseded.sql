-- The number of messages superseded by a later one.
SELECT COUNT(*) AS n FROM messages WHERE status = 'cancelled' AND reason = 'superseded'
