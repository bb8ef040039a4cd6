-- A request that has left moves its task to the status that the template names; a closed task stays closed.
UPDATE follow_up_tasks SET status = :on_sent WHERE task_id = :task_id AND status NOT IN ('done', 'cancelled')
