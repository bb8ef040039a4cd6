-- The first day on which anything saw a service in a signed mission (P4); a run dated earlier saw it then.
UPDATE mission_services
SET signed_seen_on = :as_of
WHERE (signed_seen_on IS NULL OR signed_seen_on > :as_of)
    AND EXISTS (
        SELECT 1 FROM missions AS m
        WHERE m.mission_id = mission_services.mission_id AND m.status = 'signed'
    )
