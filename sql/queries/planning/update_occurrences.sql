-- The dates for which relations have a dossier of an update group.
SELECT relation_id, occurrence FROM follow_up_tasks WHERE template = :template AND schedule = 'update'
