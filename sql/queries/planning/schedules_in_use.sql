-- Every schedule in use: by open tasks, by current assignments, and by services of signed missions (whose schedules
-- come from the template, so that theirs is '').
SELECT template, schedule FROM follow_up_tasks WHERE status NOT IN ('done', 'cancelled')
UNION
SELECT template, schedule FROM assignments WHERE stop_on IS NULL
UNION
SELECT s.template, '' AS schedule
FROM mission_services AS s
INNER JOIN missions AS m ON m.mission_id = s.mission_id
WHERE m.status = 'signed'
