-- A run dated before a relation was first seen has seen it all the same: one run after missed nights must find
-- what those nights would have found (P6).
UPDATE relations SET first_seen_on = :as_of WHERE first_seen_on > :as_of
