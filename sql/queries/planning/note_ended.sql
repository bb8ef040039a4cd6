-- The day on which each former relation was first seen as one.
UPDATE relations SET ended_on = :as_of WHERE status = 'former' AND ended_on IS NULL
