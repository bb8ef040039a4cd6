-- Record the day on which a service is first seen in a signed mission (P4); a recorded day never changes.
UPDATE mission_services
SET signed_seen_on = :as_of
WHERE signed_seen_on IS NULL
    AND EXISTS (
        SELECT 1 FROM missions AS m
        WHERE m.mission_id = mission_services.mission_id AND m.status = 'signed'
    )
