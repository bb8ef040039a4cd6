-- The next batch is claimed before anything leaves (O1). A message found in `sending` was claimed by a run that
-- died: only a transport that may repeat itself asks for those (:may_repeat).
UPDATE messages
SET status = 'sending', claimed_by = :claim
WHERE message_id IN (
    SELECT message_id FROM messages
    WHERE (status = 'pending' OR (:may_repeat AND status = 'sending'))
        AND send_on <= :as_of
        AND message_id > :after
        AND (CAST(:task_id AS integer) IS NULL OR task_id = :task_id)
    ORDER BY message_id
    LIMIT :batch
)
