-- One row per relation: the ids that a mission may refer to.
SELECT relation_id FROM relations
