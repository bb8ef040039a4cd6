-- One row per mission: what a service may refer to.
SELECT mission_id FROM missions
