-- A task that Relance closed is reopened, with the status it had (A2); one that a person closed stays closed.
UPDATE follow_up_tasks
SET status = COALESCE(status_before, 'open'), status_before = NULL, closed_on = NULL, closed_by = NULL, reopened_on = :as_of
FROM staged_follow_up_tasks AS s
WHERE s.task_id = follow_up_tasks.task_id AND follow_up_tasks.closed_by IN ('renewed', 'superseded', 'after_end')
