-- One row per service of a mission.
SELECT mission_id, template, frequency, first_due_on, quantity, is_backfill, signed_seen_on
FROM mission_services
ORDER BY mission_id, template
