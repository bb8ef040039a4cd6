-- One row per figure of activities and rules: what is ahead, and of the last days what was told and could not be done.
SELECT 'planned' AS name, COUNT(*) AS n
FROM activities AS a
WHERE COALESCE(a.status, 'planned') = 'planned' AND a.starts_at >= :as_of
UNION ALL
SELECT 'soon', COUNT(*)
FROM activities AS a
WHERE COALESCE(a.status, 'planned') = 'planned' AND a.starts_at >= :as_of AND a.starts_at < :until_on
UNION ALL
SELECT 'told', COUNT(*)
FROM messages AS m
WHERE m.cause_kind IN ('activity', 'rule') AND m.status = 'sent' AND m.send_on >= :since_on
UNION ALL
SELECT 'too_late', COUNT(*)
FROM messages AS m
WHERE m.cause_kind = 'activity' AND m.reason = 'too_late' AND m.send_on >= :since_on
UNION ALL
SELECT 'acted', COUNT(*) FROM rule_acts AS t WHERE t.outcome = 'done' AND t.judged_at >= :since_on
UNION ALL
SELECT 'waiting', COUNT(*) FROM rule_acts AS t WHERE t.outcome = 'waiting'
UNION ALL
SELECT 'failed', COUNT(*) FROM rule_acts AS t WHERE t.outcome = 'failed' AND t.judged_at >= :since_on
