-- One row per relation: what a mission may refer to.
SELECT relation_id FROM relations
