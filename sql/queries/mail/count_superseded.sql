-- How many messages gave way to a later one.
SELECT COUNT(*) AS n FROM messages WHERE status = 'cancelled' AND reason = 'superseded'
