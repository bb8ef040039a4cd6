-- Every schedule that something goes by: open tasks, assignments that hold, services of signed missions (whose
-- template says by which schedules, so that theirs is '').
SELECT template, schedule FROM follow_up_tasks WHERE status NOT IN ('done', 'cancelled')
UNION
SELECT template, schedule FROM assignments WHERE stop_on IS NULL
UNION
SELECT s.template, '' AS schedule
FROM mission_services AS s
INNER JOIN missions AS m ON m.mission_id = s.mission_id
WHERE m.status = 'signed'
