-- One row per mission: the ids that a service may refer to.
SELECT mission_id FROM missions
